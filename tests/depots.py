"""Two depots of one tenant and a flow between them: the smallest world of the engine."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import connectors.catalog
from connectors import registry
from connectors.models import Connection
from connectors.operations import connect
from ekyam.tenants.models import Tenant
from ekyam.tenants.scope import tenant_scope
from flows.models import Delivery, Flow
from flows.operations.configure import switch_on
from flows.operations.deliver import deliver_to
from flows.operations.route import route_events
from tests.sandboxes import ask

CATALOG = str(Path(__file__).parent / "catalog")
KEY = "no secret, only for tests"


@contextmanager
def depot_in_catalogue() -> Iterator[None]:
    connectors.catalog.__path__.append(CATALOG)
    registry.forget()
    try:
        yield
    finally:
        connectors.catalog.__path__.remove(CATALOG)
        registry.forget()


@dataclass
class Depots:
    """Tickets of `here` go to `there`."""

    tenant: Tenant
    here: Connection
    there: Connection
    flow: Flow
    port: int

    def ticket(self, number: str = "D-1", **changes: Any) -> dict[str, Any]:
        ticket = {
            "id": f"id-{number}",
            "number": number,
            "changed": "2026-01-05T10:00:00Z",
            "total": "10.00",
            "lines": [{"no": 1, "sku": "EKM-MUG", "qty": 2, "price": "5.00"}],
        }
        return {**ticket, **changes}

    def post(self, client: Any, body: Any, *, topic: str = "ticket", **headers: str) -> Any:
        """Knock at the webhook door of `here`, signed."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        signed = hmac.new(KEY.encode(), raw, hashlib.sha256).hexdigest()
        sent = {"X-Depot-Topic": topic, "X-Depot-Signature": signed, **headers}
        return client.post(
            f"/hooks/{self.here.public_id}", raw, content_type="application/json", headers=sent
        )

    def route(self) -> None:
        route_events(tenant_id=self.tenant.pk, connection_id=self.here.pk)

    def work(self) -> None:
        """What the workers would do."""
        self.route()
        deliver_to(tenant_id=self.tenant.pk, target_id=self.there.pk)

    def deliveries(self) -> list[Delivery]:
        with tenant_scope(self.tenant):
            return list(Delivery.objects.order_by("sequence").prefetch_related("attempts"))

    def states(self) -> list[str]:
        return [delivery.state for delivery in self.deliveries()]

    def make_due(self) -> None:
        """As if the time until the next try had passed."""
        with tenant_scope(self.tenant):
            Delivery.objects.update(due_at="2020-01-01T00:00:00Z")

    def there_now(self, view: str = "ledger") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = ask(self.port, "depot", "there", view)
        return found

    def tell(self, name: str, **arguments: Any) -> Any:
        """The control door of `there`."""
        return ask(self.port, "depot", "there", name, arguments)


def build_depots(tenant: Tenant, port: int, action: str) -> Depots:
    with tenant_scope(tenant):
        here, there = (
            connect(
                tenant_id=tenant.pk,
                connector="depot",
                label=name,
                environment="sandbox",
                auth="key",
                settings={"name": name},
                credentials={"key": KEY},
            )
            for name in ("here", "there")
        )
        flow = Flow.objects.create(
            tenant=tenant,
            label="Tickets",
            source=here,
            stream="tickets",
            target=there,
            action=action,
        )
        switch_on(flow)
    return Depots(tenant, here, there, flow, port)
