"""Keeps Whiplash's notification subscriptions equal to what Ekyam listens to, and the checks."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from connectors.catalog.whiplash.access import NotThere, api, rows_of
from connectors.spec import Context, Plan, Request

Row = dict[str, Any]


def register(address: str, topics: Sequence[str], context: Context) -> Plan[list[str]]:
    """Create what is missing, move what points elsewhere, remove what is no longer wanted.

    Ours are those whose address has the path of this connection: a path that only we use.
    """
    names = {
        row["id"]: str(row["name"]) for row in (yield from _all("/notification_events", context))
    }
    ours = [
        row
        for row in (yield from _all("/notification_subscriptions", context))
        if _path(row.get("endpoint")) == _path(address)
    ]
    changes = [f"not offered by Whiplash: {name}" for name in topics if name not in names.values()]
    for request, said in _wanted(address, topics, names, ours, context):
        yield request
        changes.append(said)
    return changes


def _wanted(
    address: str, topics: Sequence[str], names: Mapping[int, str], ours: list[Row], context: Context
) -> list[tuple[Request, str]]:
    steps = []
    seen: set[str] = set()
    for row in ours:
        name = names.get(row["notification_event_id"], "")
        path = f"/notification_subscriptions/{row['id']}"
        if name not in topics or name in seen:
            steps.append((api("DELETE", path, context, writes=True), f"removed {name or path}"))
            continue
        seen.add(name)
        if row.get("endpoint") != address or not row.get("active"):
            body = {"endpoint": address, "active": True}
            steps.append((api("PUT", path, context, json=body, writes=True), f"moved {name}"))
    for number, name in names.items():
        if name in topics and name not in seen:
            steps.append((_create(number, address, context), f"created {name}"))
    return steps


def _create(event: int, address: str, context: Context) -> Request:
    body: Row = {
        "notification_event_id": event,
        "notification_type": context.settings.get("webhook_type") or "webhook",
        "endpoint": address,
        "active": True,
        "version": 2,
    }
    if context.settings.get("customer_id"):
        body["customer_id"] = int(context.settings["customer_id"])
    return api("POST", "/notification_subscriptions", context, json=body, writes=True)


def _all(path: str, context: Context) -> Plan[list[Row]]:
    """Every row of a short list. A host that pays no heed to `page` answers the same again."""
    found: dict[int, Row] = {}
    page = 1
    while True:
        params = {"page": str(page), "per_page": "100"}
        fresh = [
            row
            for row in rows_of((yield api("GET", path, context, params=params)))
            if row["id"] not in found
        ]
        if not fresh:
            return list(found.values())
        found |= {row["id"]: row for row in fresh}
        page += 1


def _path(address: Any) -> str:
    return urlsplit(str(address or "")).path.rstrip("/")


def check_access(context: Context) -> Plan[str]:
    response = yield api("GET", "/orders/count", context)
    return f"Whiplash lets us in: {response.json().get('count', 0)} orders are there."


def check_customer(context: Context) -> Plan[str]:
    number = context.settings.get("customer_id")
    if not number:
        customers = rows_of((yield api("GET", "/customers", context)))
        names = ", ".join(str(row.get("name") or row["id"]) for row in customers)
        return f"This login sees: {names or 'no customer'}."
    try:
        customer = (yield api("GET", f"/customers/{number}", context)).json()
    except NotThere as error:
        raise NotThere(f"Whiplash knows no customer {number}: correct the customer id.") from error
    return f"The customer is {customer.get('name') or number}."


def check_actions(context: Context) -> Plan[str]:
    """What the account offers; the vendor asks to look here and not to guess."""
    offered = str((yield api("GET", "/orders/actions", context)).json()).lower()
    missing = [name for name in ("cancel", "pause", "release") if name not in offered]
    if missing:
        return f"Orders can be written, but Whiplash does not offer: {', '.join(missing)}."
    return "Orders can be cancelled, paused and released."


def check_stock(context: Context) -> Plan[str]:
    response = yield api("GET", "/items/count", context)
    return f"Stock can be read: {response.json().get('count', 0)} items."


def check_environment(context: Context) -> Plan[str]:
    yield api("GET", "/orders/count", context)
    address = str(context.settings.get("base_url") or context.settings.get("host") or "")
    live = "www.getwhiplash.com" in address or not address
    return "This is the live Whiplash." if live else f"This is a sandbox: {address}."


def check_webhooks(context: Context) -> Plan[str]:
    rows = yield from _all("/notification_subscriptions", context)
    active = [row for row in rows if row.get("active") and _path(row.get("endpoint"))]
    if not active:
        return "No webhook is registered: changes are seen by polling only."
    return f"{len(active)} webhooks are registered."
