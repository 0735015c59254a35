"""Telling Shopify what was shipped: by fulfilment order, from one location, each shipment once."""

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.catalog.shopify import mutations, queries
from connectors.catalog.shopify.calls import ask, change, gid, number_of
from connectors.catalog.shopify.orders import own_order
from connectors.errors import MissingLink, Rejected, TooLate
from connectors.spec import Context, Plan, Written

Node = Mapping[str, Any]
OPEN = ("OPEN", "IN_PROGRESS")


def order_number(record: Any, context: Context) -> str:
    """The order's id in this shop: by our reference of it, which every system keeps."""
    if not record.order_reference:
        return context.link("order", record.order_id)
    own = own_order(record.order_reference, context)
    return own or context.link("order", record.order_reference, "reference")


def create_fulfillment(body: Any, record: Any, context: Context) -> Plan[Written]:
    number = order_number(record, context)
    if context.record_id:
        return (yield from _update_tracking(number, body, context))
    order = yield from _read_order(number, queries.FULFILLMENT_STATE, context)
    there = find_same(order["fulfillments"], body)
    if there is not None:
        return _written(there, "was already fulfilled with this tracking")
    if order["cancelledAt"]:
        raise TooLate(f"Order {order['name']} was cancelled in Shopify; it cannot be fulfilled.")
    yield from _complete(order, context)
    parts = allocate(order, body["lines"])
    fulfillment = {
        "lineItemsByFulfillmentOrder": parts,
        "trackingInfo": body["tracking"] if body["tracking"].get("numbers") else None,
        "notifyCustomer": body["notify"],
    }
    variables = {"fulfillment": {k: v for k, v in fulfillment.items() if v is not None}}
    what = f"the fulfilment of order {order['name']}"
    payload = yield from change(mutations.CREATE_FULFILLMENT, variables, context, what=what)
    return _written(payload["fulfillment"])


def find_fulfillment(record: Any, context: Context) -> Plan[Written | None]:
    """Ours is the one with the same lines, quantities and tracking numbers."""
    order = yield from _read_order(order_number(record, context), queries.FULFILLMENTS, context)
    body = {
        "lines": [
            {"reference": line.reference, "quantity": int(line.quantity)} for line in record.lines
        ],
        "tracking": {
            "numbers": [one.tracking_number for one in record.parcels if one.tracking_number]
        },
    }
    there = find_same(order["fulfillments"], body)
    return None if there is None else _written(there)


def _read_order(number: str, document: str, context: Context) -> Generator[Any, Any, Any]:
    cost = 45 if document == queries.FULFILLMENT_STATE else 28
    data = yield from ask(document, {"id": gid("Order", number)}, context, cost=cost)
    if data["order"] is None:
        raise Rejected(f"Shopify has no order {number} (or it is older than 60 days).")
    return data["order"]


def _written(fulfillment: Node, note: str = "") -> Written:
    return Written(number_of(fulfillment["id"]), label=str(fulfillment["name"]), note=note)


def find_same(fulfillments: Sequence[Node], body: Any) -> Node | None:
    """The fulfilment that says the same as the body, or None."""
    lines: Counter[str] = Counter()
    for line in body["lines"]:
        lines[str(line["reference"])] += int(line["quantity"])
    numbers = sorted((body.get("tracking") or {}).get("numbers") or ())
    for fulfillment in fulfillments:
        if fulfillment["status"] == "SUCCESS" and _has_lines(fulfillment, lines):
            theirs = sorted(one["number"] for one in fulfillment["trackingInfo"] if one["number"])
            if theirs == numbers:
                return fulfillment
    return None


def _has_lines(fulfillment: Node, wanted: Counter[str]) -> bool:
    """Of a great many lines the first page is enough to tell, with the tracking numbers."""
    found = _lines_of(fulfillment)
    if fulfillment["fulfillmentLineItems"]["pageInfo"]["hasNextPage"]:
        return found <= wanted
    return found == wanted


def _lines_of(fulfillment: Node) -> Counter[str]:
    found: Counter[str] = Counter()
    for part in fulfillment["fulfillmentLineItems"]["nodes"]:
        found[number_of(part["lineItem"]["id"])] += part["quantity"] or 0
    return found


def _complete(order: Node, context: Context) -> Generator[Any, Any, None]:
    """Page through the fulfilment orders, and their lines, that the first answer did not hold."""
    page, found = order["fulfillmentOrders"]["pageInfo"], order["fulfillmentOrders"]["nodes"]
    while page["hasNextPage"]:
        variables = {"id": order["id"], "after": page["endCursor"]}
        data = yield from ask(queries.FULFILLMENT_STATE, variables, context, cost=45)
        page = data["order"]["fulfillmentOrders"]["pageInfo"]
        found.extend(data["order"]["fulfillmentOrders"]["nodes"])
    for node in found:
        yield from _complete_lines(node, context)


def _complete_lines(node: Node, context: Context) -> Generator[Any, Any, None]:
    connection = node["lineItems"]
    while connection["pageInfo"]["hasNextPage"]:
        variables = {"id": node["id"], "after": connection["pageInfo"]["endCursor"]}
        data = yield from ask(queries.FULFILLMENT_ORDER_LINES, variables, context, cost=25)
        connection = data["fulfillmentOrder"]["lineItems"]
        node["lineItems"]["nodes"].extend(connection["nodes"])


# --- Which fulfilment orders ----------------------------------------------------------------


def allocate(order: Node, lines: Sequence[Any]) -> list[dict[str, Any]]:
    """lineItemsByFulfillmentOrder for these lines; raises in words what stands in the way.

    One fulfilment is of one location, so the first location that holds all the lines is taken.
    """
    nodes = order["fulfillmentOrders"]["nodes"]
    by_location: dict[str, list[Node]] = {}
    for node in nodes:
        if node["status"] in OPEN:
            by_location.setdefault(_place(node), []).append(node)
    for group in by_location.values():
        taken, missing = _take(group, lines)
        if not missing:
            return taken
    raise _obstacle(order, lines, [node for group in by_location.values() for node in group])


def _place(node: Node) -> str:
    assigned = node["assignedLocation"]
    return str((assigned["location"] or {}).get("id") or assigned["name"])


def _take(
    group: Sequence[Node], lines: Sequence[Any]
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Take each line's quantity from the group; what could not be had is in the second."""
    wanted: Counter[str] = Counter()
    for line in lines:
        wanted[str(line["reference"])] += int(line["quantity"])
    taken = []
    for node in group:
        parts = []
        for part in node["lineItems"]["nodes"]:
            reference = number_of(part["lineItem"]["id"])
            quantity = min(wanted[reference], part["remainingQuantity"])
            if quantity > 0:
                parts.append({"id": part["id"], "quantity": quantity})
                wanted[reference] -= quantity
        if parts:
            taken.append({"fulfillmentOrderId": node["id"], "fulfillmentOrderLineItems": parts})
    return taken, {name: count for name, count in wanted.items() if count > 0}


def _obstacle(order: Node, lines: Sequence[Any], open_ones: Sequence[Node]) -> Rejected:
    name = order["name"]
    _, missing = _take(open_ones, lines)
    if not missing:
        return Rejected(
            f"The lines of this shipment of order {name} are assigned to several locations in"
            " Shopify; move them to one location there."
        )
    waiting = [
        n for n in order["fulfillmentOrders"]["nodes"] if n["status"] in ("ON_HOLD", "SCHEDULED")
    ]
    _, not_even = _take([*open_ones, *waiting], lines)
    if not not_even:
        reasons = [h["reasonNotes"] or h["reason"] for n in waiting for h in n["fulfillmentHolds"]]
        return Rejected(
            f"Order {name} is on hold in Shopify ({', '.join(reasons) or 'scheduled'});"
            " release it there, then replay."
        )
    skus = {str(line["reference"]): line.get("sku") or line["reference"] for line in lines}
    short = ", ".join(f"{count} of {skus[ref]}" for ref, count in not_even.items())
    return TooLate(f"Order {name} has nothing left to fulfil in Shopify for {short}.")


# --- Tracking and what happens on the way -----------------------------------------------------


def tracking_urls(parcels: Sequence[Any]) -> list[str] | None:
    """Shopify pairs them with the numbers by their place, so it is all of them or none: it knows
    the addresses of the great carriers itself."""
    numbered = [parcel for parcel in parcels if parcel.get("tracking_number")]
    urls = [parcel.get("tracking_url") for parcel in numbered]
    return urls if urls and all(urls) else None


def _update_tracking(number: str, body: Any, context: Context) -> Plan[Written]:
    """The shipment is linked already, so only its tracking can have changed."""
    order = yield from _read_order(number, queries.FULFILLMENTS, context)
    ours = [one for one in order["fulfillments"] if number_of(one["id"]) == context.record_id]
    if not ours:
        raise Rejected(f"Order {order['name']} has no fulfilment {context.record_id} in Shopify.")
    theirs = sorted(one["number"] for one in ours[0]["trackingInfo"] if one["number"])
    wanted = sorted((body["tracking"] or {}).get("numbers") or ())
    if not wanted or theirs == wanted:
        return _written(ours[0], "nothing new")
    if ours[0]["status"] != "SUCCESS":
        raise TooLate(f"The fulfilment {ours[0]['name']} was cancelled in Shopify.")
    variables = {"id": ours[0]["id"], "tracking": body["tracking"], "notify": body["notify"]}
    what = f"the new tracking of {ours[0]['name']}"
    payload = yield from change(mutations.UPDATE_TRACKING, variables, context, what=what)
    return _written(payload["fulfillment"], "tracking updated")


def create_event(body: Any, record: Any, context: Context) -> Plan[Written]:
    fulfillment = yield from _tracked(record, context)
    there = _same_event(fulfillment, body["status"], record.happened_at)
    if there is not None:
        return Written(number_of(there["id"]), note="was told already")
    variables = {"event": {**body, "fulfillmentId": fulfillment["id"]}}
    what = f"the status of {record.tracking_number}"
    payload = yield from change(mutations.CREATE_FULFILLMENT_EVENT, variables, context, what=what)
    return Written(number_of(payload["fulfillmentEvent"]["id"]), label=body["status"])


def find_event(record: Any, context: Context) -> Plan[Written | None]:
    fulfillment = yield from _tracked(record, context)
    there = _same_event(fulfillment, EVENT_STATUS.get(record.status), record.happened_at)
    return None if there is None else Written(number_of(there["id"]))


def _tracked(record: Any, context: Context) -> Generator[Any, Any, Node]:
    """The fulfilment with this tracking number."""
    number = context.link("order", record.order_id or "")
    order = yield from _read_order(number, queries.FULFILLMENTS, context)
    for fulfillment in order["fulfillments"]:
        numbers = [one["number"] for one in fulfillment["trackingInfo"]]
        if record.tracking_number in numbers and fulfillment["status"] == "SUCCESS":
            found: Node = fulfillment
            return found
    raise MissingLink("shipment", record.tracking_number, by="reference")


def _same_event(fulfillment: Node, status: str | None, happened_at: datetime) -> Node | None:
    for event in fulfillment["events"]["nodes"]:
        at = datetime.fromisoformat(event["happenedAt"].replace("Z", "+00:00"))
        same_second = at.replace(microsecond=0) == happened_at.astimezone(UTC).replace(
            microsecond=0
        )
        if event["status"] == status and same_second:
            return dict(event)
    return None


# Shopify has no word for a return to the sender: those are failures, told apart by the message.
EVENT_STATUS = {
    "manifested": "CONFIRMED",
    "label_created": "LABEL_PRINTED",
    "pickup_scheduled": "CONFIRMED",
    "out_for_pickup": "CONFIRMED",
    "pickup_failed": "DELAYED",
    "picked_up": "CARRIER_PICKED_UP",
    "in_transit": "IN_TRANSIT",
    "delayed": "DELAYED",
    "out_for_delivery": "OUT_FOR_DELIVERY",
    "delivery_failed": "ATTEMPTED_DELIVERY",
    "delivered": "DELIVERED",
    "rto_initiated": "FAILURE",
    "rto_in_transit": "FAILURE",
    "rto_out_for_delivery": "FAILURE",
    "rto_delivered": "FAILURE",
    "rto_failed": "FAILURE",
    "lost": "FAILURE",
    "damaged": "FAILURE",
    "cancelled": "FAILURE",
    "expired": "FAILURE",
}
