"""The spine: how fast the door answers, how soon a request is at the ERP, and how many a second."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import connections

from connectors.checks import webhook_address
from connectors.models import Connection
from connectors.operations import connect
from connectors.registry import folder_of
from ekyam.tenants.models import Tenant
from ekyam.tenants.scope import tenant_scope
from flows.bench.knocker import Answers, knock_steadily, percentile
from flows.models import Flow
from flows.operations.configure import switch_on

SECRET = "no secret, only for measuring"


@dataclass(frozen=True)
class Round:
    name: str
    per_second: float
    seconds: float


@dataclass(frozen=True)
class Figures:
    """Milliseconds, and orders a second over the whole round."""

    name: str
    orders: int
    door_p50: float
    door_p99: float
    erp_p50: float
    erp_p99: float
    per_second: float
    lost: int
    twice: int


def run_spine(rounds: list[Round]) -> list[Figures]:
    shop = set_up()
    template = order_template()
    first = int(time.time()) * 10_000
    # The first order makes the customer and the links to the items known, as they are in life.
    _run(shop, template, Round("warm-up", 20, 5), first)
    _analyze()
    found = []
    for round_ in rounds:
        first += 1_000_000
        found.append(_run(shop, template, round_, first))
    return found


def _analyze() -> None:
    """What autovacuum does within the first minute of a table's life."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")


def order_template() -> dict[str, Any]:
    """The connector's own sample order; the line that no ERP knows gets a SKU."""
    order = json.loads((folder_of("shopify") / "samples" / "orders.json").read_text())
    lines = [{**line, "sku": line["sku"] or "EKM-ENGRAVING"} for line in order["line_items"]]
    return {**order, "line_items": lines}


def _run(shop: Connection, template: dict[str, Any], round_: Round, first: int) -> Figures:
    count = int(round_.per_second * round_.seconds)
    numbers = range(first, first + count)
    knock = _Knock(template)
    address = webhook_address(shop)
    answers = asyncio.run(
        knock_steadily(address, knock, numbers=numbers, per_second=round_.per_second)
    )
    if len(answers.refused) == count:
        raise RuntimeError(f"The door refused every knock: {set(answers.refused)}.")
    seen = _wait_for(shop, numbers)
    return _figures(round_.name, shop, numbers, answers, seen)


@dataclass(frozen=True)
class _Knock:
    """One order/create as Shopify sends it."""

    template: dict[str, Any]

    def __call__(self, number: int) -> tuple[dict[str, str], bytes]:
        order = {**self.template, "id": number, "name": f"#{number}", "order_number": number}
        order["updated_at"] = order["created_at"] = datetime.now(UTC).isoformat()
        order["line_items"] = [
            {**line, "id": number * 100 + place} for place, line in enumerate(order["line_items"])
        ]
        body = json.dumps(order).encode()
        digest = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
        headers = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": "orders/create",
            "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
            "X-Shopify-Webhook-Id": f"bench-{number}",
            "X-Shopify-Shop-Domain": "bench.myshopify.com",
            "X-Shopify-Triggered-At": datetime.now(UTC).isoformat(),
        }
        return headers, body


def _wait_for(shop: Connection, numbers: range) -> dict[str, list[float]]:
    """Until the ERP has seen them all, or for 60 s after nothing more came."""
    ends, before = time.monotonic() + 60, -1
    while True:
        with urllib.request.urlopen(f"{settings.SANDBOX_URL}/_seen", timeout=10) as answer:
            seen: dict[str, list[float]] = json.load(answer)
        count = sum(f"{shop.account}-{number}" in seen for number in numbers)
        if count == len(numbers) or time.monotonic() > ends:
            return seen
        if count != before:
            ends, before = time.monotonic() + 60, count
        time.sleep(0.2)


def _figures(
    name: str, shop: Connection, numbers: range, answers: Answers, seen: dict[str, list[float]]
) -> Figures:
    arrived = {n: seen[f"{shop.account}-{n}"] for n in numbers if f"{shop.account}-{n}" in seen}
    waits = [(at[0] - answers.sent_at[n]) * 1000 for n, at in arrived.items()]
    span = max(at[0] for at in arrived.values()) - min(answers.sent_at.values())
    return Figures(
        name=name,
        orders=len(numbers),
        door_p50=percentile(answers.took, 0.5),
        door_p99=percentile(answers.took, 0.99),
        erp_p50=percentile(waits, 0.5),
        erp_p99=percentile(waits, 0.99),
        per_second=len(arrived) / span,
        lost=len(numbers) - len(arrived) + len(answers.refused),
        twice=sum(len(at) > 1 for at in arrived.values()),
    )


def set_up() -> Connection:
    tenant = Tenant.objects.create(name="Bench", slug=f"bench-{int(time.time())}")
    with tenant_scope(tenant):
        shop = connect(
            tenant_id=tenant.pk,
            connector="shopify",
            label="Shop",
            environment="sandbox",
            auth="access_token",
            settings={"shop": "bench"},
            credentials={"access_token": "bench", "client_secret": SECRET},
        )
        erp = connect(
            tenant_id=tenant.pk,
            connector="netsuite",
            label="ERP",
            environment="sandbox",
            auth="oauth2",
            settings=_ERP_SETTINGS,
            credentials={
                "client_id": "bench",
                "certificate_id": "bench",
                "private_key": _private_key(),
            },
        )
        for stream, action in (("customers", "upsert_customer"), ("orders", "upsert_sales_order")):
            flow = Flow.objects.create(
                tenant=tenant, label=action, source=shop, stream=stream, target=erp, action=action
            )
            switch_on(flow)
        shop.cursors.update(due_at=datetime.now(UTC) + timedelta(days=1))  # by webhook alone
    return shop


_ERP_SETTINGS = {
    "account_id": "BENCH1",
    "guest_customer_id": "110",
    "tax_item_id": "90",
    "discount_item_id": "91",
    "charge_item_id": "92",
    "location_id": "6",
    "subsidiary_id": "1",
    "new_order_status": "A",
    "currency": "USD",
    "line_id_field": "custcol_ekyam_line_id",
    "concurrency": "15",  # NetSuite's Premium tier
}


def _private_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
