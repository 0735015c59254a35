"""The depot itself, simulated."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from connectors.sandbox.kit import Call, Refuse, Reply, Sandbox, Subscription, control, route
from connectors.sandbox.world import World

KEY = "no secret, only for tests"


class Depot(Sandbox):
    """Refuses a wrong key, a ticket without lines and an unknown SKU (NOPE)."""

    slug = "depot"
    webhook_retry_seconds = (0.2, 0.5, 1.0)

    def connection(self, world: World) -> dict[str, Any]:
        return {"auth": "key", "settings": {"name": world.account}, "credentials": {"key": KEY}}

    def subscriptions(self, world: World, topic: str) -> list[Subscription]:
        address = world.setting("address", "")
        return [Subscription("1", topic, address, KEY)] if address else []

    def webhook(
        self, world: World, subscription: Subscription, payload: Any, more: Mapping[str, Any]
    ) -> tuple[bytes, dict[str, str]]:
        body = json.dumps(payload).encode()
        signature = hmac.new(subscription.secret.encode(), body, hashlib.sha256).hexdigest()
        return body, {
            "Content-Type": "application/json",
            "X-Depot-Topic": subscription.topic,
            "X-Depot-Delivery": str(world.next_id("delivery")),
            "X-Depot-Signature": signature,
        }

    def ledger(self, world: World) -> list[dict[str, Any]]:
        return [
            {
                "kind": "order",
                "id": ticket["id"],
                "label": ticket.get("number", ""),
                "reference": ticket.get("their_ref", ""),
                "state": ticket.get("state", "open"),
                "at": ticket["changed"],
                "total": ticket.get("total"),
            }
            for ticket in world.table("tickets")
        ]

    @route("GET", "/me")
    def me(self, world: World, call: Call) -> Reply:
        self._open(call)
        return Reply(200, {"name": world.account})

    @route("GET", "/tickets")
    def list_tickets(self, world: World, call: Call) -> Reply:
        self._open(call)
        found = sorted(world.table("tickets"), key=lambda ticket: ticket["changed"])
        if reference := call.query.get("their_ref"):
            found = [ticket for ticket in found if ticket.get("their_ref") == reference]
        since = call.query.get("since", "")
        found = [ticket for ticket in found if ticket["changed"] >= since]
        page = int(call.query.get("page", "1"))
        more = str(page + 1) if len(found) > page * 10 else ""
        return Reply(200, {"tickets": found[page * 10 - 10 : page * 10], "next": more})

    @route("PUT", "/tickets/{reference}")
    def put_ticket(self, world: World, call: Call, reference: str) -> Reply:
        self._open(call)
        known = world.table("tickets").where(their_ref=reference)
        return Reply(200, self._write(world, call.json(), reference, known))

    @route("POST", "/tickets")
    def post_ticket(self, world: World, call: Call) -> Reply:
        self._open(call)
        sent = call.json()
        return Reply(201, self._write(world, sent, sent.get("their_ref", ""), []))

    @control("place")
    def place(self, world: World, arguments: dict[str, Any]) -> dict[str, Any]:
        """A ticket of the depot's own, told by webhook."""
        ticket = self._keep(world, {**arguments, "their_ref": None})
        world.notify("ticket", ticket)
        return ticket

    def _open(self, call: Call) -> None:
        if call.headers.get("x-depot-key") != KEY:
            raise Refuse(Reply(401, {"message": "Wrong key."}))

    def _write(
        self, world: World, sent: dict[str, Any], reference: str, known: list[dict[str, Any]]
    ) -> dict[str, Any]:
        if not sent.get("lines"):
            raise Refuse(Reply(422, {"message": "A ticket needs lines."}))
        if any(line.get("sku") == "NOPE" for line in sent["lines"]):
            raise Refuse(Reply(422, {"message": "No such SKU: NOPE."}))
        before = known[0] if known else {}
        world.journal("updated" if before else "created", reference)
        return self._keep(world, {**before, **sent, "their_ref": reference})

    def _keep(self, world: World, ticket: dict[str, Any]) -> dict[str, Any]:
        ticket.setdefault("id", f"T{world.next_id('ticket')}")
        ticket["changed"] = world.now().isoformat()
        return world.table("tickets").put(ticket["id"], ticket)


SANDBOX = Depot()
