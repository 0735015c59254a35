"""What is written to an order: its number in the ERP, its cancellation, its closing."""

from collections.abc import Generator, Mapping
from typing import Any

from connectors.catalog.shopify import mutations, queries
from connectors.catalog.shopify.calls import ask, change, gid, number_of
from connectors.errors import MissingLink, Rejected, TooLate
from connectors.spec import Context, Plan, Written

Node = Mapping[str, Any]
SHIPPED = ("FULFILLED", "PARTIALLY_FULFILLED")
METAFIELD = {"namespace": "ekyam", "key": "erp_order", "type": "single_line_text_field"}


def order_number(record: Any, context: Context) -> str:
    """This order's id in the shop: known by link, else by the reference that it carries."""
    if context.record_id:
        return context.record_id
    reference = record.reference or context.reference
    if not reference:
        raise MissingLink("order", record.id)
    return own_order(reference, context) or context.link("order", reference, "reference")


def own_order(reference: str, context: Context) -> str | None:
    """The order's number in a reference of this shop's making: acme-shop-5512345678."""
    shop, _, number = reference.rpartition("-")
    return number if number.isdigit() and shop == context.settings.get("shop") else None


def find_by_reference(reference: str, context: Context) -> Plan[Written | None]:
    number = own_order(reference, context)
    if number is None:
        return None
    data = yield from ask(queries.ORDER_STATE, {"id": gid("Order", number)}, context, cost=2)
    order = data["order"]
    return None if order is None else Written(number, label=order["name"])


def read_order(number: str, context: Context) -> Generator[Any, Any, Node]:
    data = yield from ask(queries.ORDER_STATE, {"id": gid("Order", number)}, context, cost=2)
    if data["order"] is None:
        raise Rejected(f"Shopify has no order {number} (or it is older than 60 days).")
    found: Node = data["order"]
    return found


def _written(order: Node, note: str = "") -> Written:
    return Written(number_of(order["id"]), label=str(order["name"]), note=note)


# --- Cancel ---------------------------------------------------------------------------------


def cancel_order(body: Any, record: Any, context: Context) -> Plan[Written]:
    order = yield from read_order(order_number(record, context), context)
    if order["cancelledAt"]:
        return _written(order, "was already cancelled")
    if order["displayFulfillmentStatus"] in SHIPPED:
        raise TooLate(
            f"Order {order['name']} is fulfilled in Shopify already and cannot be cancelled;"
            " it has to come back as a return."
        )
    variables = {
        "id": order["id"],
        "reason": body["reason"],
        "restock": body["restock"],
        "refund": {"originalPaymentMethodsRefund": body["refund"]},
        "notify": body["notify"],
        "note": body["note"],
    }
    what = f"to cancel order {order['name']}"
    try:
        payload = yield from change(mutations.CANCEL_ORDER, variables, context, what=what)
    except Rejected as refusal:
        return _cancel_refused(order, refusal)
    is_done = (payload.get("job") or {}).get("done", True)
    return _written(order, "" if is_done else "Shopify is still cancelling it")


def _cancel_refused(order: Node, refusal: Rejected) -> Written:
    if "already been cancel" in refusal.message:
        return _written(order, "was already cancelled")
    if "fulfillment" in refusal.message:
        raise TooLate(refusal.message, fields=refusal.fields) from refusal
    raise refusal


def find_cancelled(record: Any, context: Context) -> Plan[Written | None]:
    order = yield from read_order(order_number(record, context), context)
    return _written(order) if order["cancelledAt"] else None


# --- Close, and the number in the ERP ---------------------------------------------------------


def close_order(body: Any, record: Any, context: Context) -> Plan[Written]:
    """Closing a closed order changes nothing."""
    variables = {"input": {"id": gid("Order", order_number(record, context))}}
    payload = yield from change(
        mutations.CLOSE_ORDER, variables, context, what=f"to close order {record.number}"
    )
    return _written(payload["order"])


def write_order_number(body: Any, record: Any, context: Context) -> Plan[Written]:
    """Adds; never replaces the note or the tags that others wrote."""
    order = yield from read_order(order_number(record, context), context)
    if _has_number(order, body):
        return _written(order, "was there already")
    what = f"the ERP number of order {order['name']}"
    if body["place"] == "metafield":
        metafield = {**METAFIELD, "ownerId": order["id"], "value": body["number"]}
        yield from change(mutations.SET_METAFIELDS, {"metafields": [metafield]}, context, what=what)
    else:
        variables = {"id": order["id"], "tags": [body["tag"]]}
        yield from change(mutations.ADD_TAGS, variables, context, what=what)
    return _written(order)


def _has_number(order: Node, body: Any) -> bool:
    if body["place"] == "metafield":
        return bool((order["metafield"] or {}).get("value") == body["number"])
    return body["tag"] in order["tags"]
