"""A clerk at a house's own desk: what a person does in Ekyam, in a process of that house.

Each line in is {"name": ..., "arguments": {...}}, each line out {"answer": ...}.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

Row = dict[str, Any]
# A shop that pays for Shopify Plus has ten times the points of another one.
PACE = {
    "shopify": {"poll_seconds": 5, "per_second": 1000},
    "netsuite": {"poll_seconds": 2},
    "whiplash": {"poll_seconds": 3, "per_second": 0},
}


class Desk:
    """The other end: it stands in the tests' process. The clerk goes home when the line is cut."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._clerk = subprocess.Popen(
            [sys.executable, "-m", __name__],
            env=dict(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Desk":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._clerk.communicate()

    def ask(self, name: str, **arguments: Any) -> Any:
        assert self._clerk.stdin and self._clerk.stdout
        self._clerk.stdin.write(json.dumps({"name": name, "arguments": arguments}) + "\n")
        self._clerk.stdin.flush()
        return json.loads(self._clerk.stdout.readline())["answer"]

    def deliveries(self, order: str) -> list[Row]:
        found: list[Row] = self.ask("deliveries", order=order)
        return found

    def dead(self) -> list[Row]:
        found: list[Row] = self.ask("dead")
        return found

    def state(self, slug: str) -> str:
        return str(self.ask("state", slug=slug))


def main() -> None:
    import django

    django.setup()
    clerk = Clerk()
    for line in sys.stdin:
        asked = json.loads(line)
        done: Callable[..., Any] = getattr(clerk, asked["name"])
        sys.stdout.write(json.dumps({"answer": done(**asked["arguments"])}) + "\n")
        sys.stdout.flush()


class Clerk:
    """Every method is one question or one deed."""

    def set_up(self) -> None:
        from flows.demo.setup import set_up

        self.demo = set_up(password="not a secret, only for tests", pace=PACE)

    def account(self, slug: str) -> str:
        return self.demo.connections[slug].account

    def state(self, slug: str) -> str:
        with self._scope():
            row = self.demo.connections[slug]
            row.refresh_from_db()
            return row.state

    def change_credentials(self, slug: str, **credentials: str) -> None:
        from connectors.operations import change_credentials

        with self._scope():
            row = self.demo.connections[slug]
            row.refresh_from_db()
            change_credentials(row, credentials)

    def switch(self, label: str, is_on: bool) -> None:
        from flows.models import Flow
        from flows.operations.configure import switch_off, switch_on

        with self._scope():
            flow = Flow.objects.select_related("source", "target").get(label=label)
            (switch_on if is_on else switch_off)(flow)

    def is_compared(self, label: str) -> bool:
        """Whether no full sync of this flow is under way, and one is done."""
        from flows.models import Sync

        with self._scope():
            states = set(Sync.objects.filter(flow__label=label).values_list("state", flat=True))
            return states <= {"done", "stopped"} and "done" in states

    def compare(self, label: str) -> str:
        """Begin a full sync of this flow; returns its id."""
        from flows.models import Flow
        from flows.operations.stock.plan import start_sync

        with self._scope():
            flow = Flow.objects.select_related("source", "target").get(label=label)
            sync = start_sync(flow, asked_by="the desk", reads_target=True)
            return str(sync.pk) if sync else ""

    def sync(self, id: str) -> Row:
        from flows.models import Sync

        with self._scope():
            row = Sync.objects.get(pk=id)
            names = ("state", "checked", "total", "failures", "reason")
            return {name: getattr(row, name) for name in names}

    def replay(self, delivery: str) -> None:
        from flows.models import Delivery
        from flows.operations.replay import replay_delivery

        with self._scope():
            replay_delivery(Delivery.objects.get(pk=delivery))

    def deliveries(self, order: str) -> list[Row]:
        """All of an order (by its Shopify id) and of what belongs to it."""
        from django.db.models import Q

        return self._rows(
            Q(record__reference__endswith=f"-{order}")
            | Q(record__parent__reference__endswith=f"-{order}")
        )

    def dead(self) -> list[Row]:
        from django.db.models import Q

        return self._rows(Q(state="dead"))

    def webhook(self, order: str) -> Row:
        """What the shop last told of an order, and where it knocked; empty before it did."""
        from connectors.checks import webhook_address
        from flows.models import Event

        with self._scope():
            shop = self.demo.connections["shopify"]
            told = Event.objects.filter(
                connection=shop, origin="webhook", topic__startswith="orders/"
            )
            for event in told.order_by("-received_at"):
                if f'"id":{order},'.encode() in bytes(event.body).replace(b" ", b""):
                    body = bytes(event.body).decode()
                    return {
                        "address": webhook_address(shop),
                        "topic": event.topic,
                        "state": event.state,
                        "body": body,
                    }
        return {}

    def _rows(self, wanted: Any) -> list[Row]:
        from flows.models import Delivery

        with self._scope():
            found = Delivery.objects.filter(wanted).order_by("sequence")
            return [
                {
                    "id": str(row.pk),
                    "reference": row.record.reference if row.record else "",
                    "flow": row.flow.label if row.flow else "",
                    "state": row.state,
                    "failure": row.failure,
                    "reason": row.reason,
                    "note": row.note,
                    "attempts": row.attempts_made,
                    "waits_for": row.waits_for,
                }
                for row in found.select_related("flow", "record")
            ]

    def _scope(self) -> Any:
        from ekyam.tenants.scope import tenant_scope

        return tenant_scope(self.demo.tenant)


if __name__ == "__main__":
    main()
