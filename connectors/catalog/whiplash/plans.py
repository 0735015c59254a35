"""Writing orders: create once, cancel, pause and release, and reading back what is there."""

from typing import Any

from connectors.catalog.whiplash.access import NotThere, api, rows_of, search
from connectors.catalog.whiplash.statuses import CLOSED, INSUFFICIENT, PAUSED, has_left, is_closed
from connectors.errors import AlreadyExists, MissingLink, Rejected, TooLate
from connectors.spec import Context, Plan, Written

Order = dict[str, Any]


def create_order(body: Any, record: Any, context: Context) -> Plan[Written]:
    """Whiplash need not refuse a second order with our reference: so look before the write."""
    there = yield from find_created(record, context)
    if there is not None:
        return there
    try:
        response = yield api("POST", "/orders", context, json=body, writes=True)
    except AlreadyExists as refused:
        there = yield from find_created(record, context)
        if there is None:
            raise Rejected(
                f"Whiplash says that order {record.number} is there already,"
                f" but none there carries our reference: {refused.message}",
                detail=refused.detail,
            ) from refused
        return there
    except Rejected as refused:
        raise Rejected(
            f"Whiplash did not accept order {record.number}: {refused.message}",
            detail=refused.detail,
        ) from refused
    order = response.json()
    short = order.get("status") == INSUFFICIENT
    return written(order, "waits there: insufficient inventory" if short else "")


def find_created(record: Any, context: Context) -> Plan[Written | None]:
    orders = yield from find_orders(context.reference, context)
    if not orders:
        return None
    return written(orders[0], f"was there already ({status_of(orders[0])})")


def find_order(reference: str, context: Context) -> Plan[Written | None]:
    orders = yield from find_orders(reference, context)
    return written(orders[0]) if orders else None


def find_orders(reference: str, context: Context) -> Plan[list[Order]]:
    """Every order with our reference, the oldest first: one that was split is several.

    /originators is in the vendor's specification; the other two ways are for hosts without it.
    """
    params = {"originated_type": "Order", **search(original_id_eq=reference)}
    try:
        response = yield api("GET", "/originators", context, params=params)
    except NotThere:
        return (yield from _find_elsewhere(reference, context))
    rows = [row for row in rows_of(response) if str(row.get("original_id")) == reference]
    numbers = sorted({int(row["originated_id"]) for row in rows if row.get("originated_id")})
    if not numbers:
        return []
    answers = yield [api("GET", f"/orders/{number}", context) for number in numbers]
    return [answer.json() for answer in answers]


def _find_elsewhere(reference: str, context: Context) -> Plan[list[Order]]:
    try:
        response = yield api("GET", f"/orders/originator/{reference}", context)
        found = response.json()
        orders: list[Order] = found if isinstance(found, list) else [found]
    except NotThere:
        params = search(originator_original_id_eq=reference)
        response = yield api("GET", "/orders", context, params=params)
        orders = rows_of(response)
    ours = [order for order in orders if reference_of(order) == reference]
    return sorted(ours, key=lambda order: int(order["id"]))


def cancel_order(body: Any, record: Any, context: Context) -> Plan[Written]:
    """Cancels every open part; parts that have left cannot be held back, and that is said.

    An order is several after a split; then each open part is one request, and a repeat goes on
    where the last try stopped.
    """
    orders = yield from _orders_to_change(record, context)
    still_open = [order for order in orders if is_open(order)]
    for order in still_open:
        changed = yield from _call(order, body, context)
        if not is_closed(int(changed.get("status", 0))):
            raise TooLate(f"{name_of(order)} was not cancelled: it is {status_of(changed)}.")
    left = [order for order in orders if has_left(int(order["status"]))]
    if left:
        names = ", ".join(f"{name_of(order)} is {status_of(order)}" for order in left)
        raise TooLate(f"It is too late to cancel: {names}." + _also(still_open))
    return written(orders[0], "" if still_open else "was already cancelled")


def find_cancelled(record: Any, context: Context) -> Plan[Written | None]:
    orders = yield from _known_orders(record, context)
    if orders and all(is_closed(int(order["status"])) for order in orders):
        return written(orders[0], "was already cancelled")
    return None


def pause_order(body: Any, record: Any, context: Context) -> Plan[Written]:
    orders = yield from _orders_to_change(record, context)
    wanted = [order for order in orders if is_open(order) and order["status"] != PAUSED]
    return (yield from _call_each(orders, wanted, body, "was already paused", context))


def release_order(body: Any, record: Any, context: Context) -> Plan[Written]:
    orders = yield from _orders_to_change(record, context)
    wanted = [order for order in orders if order["status"] == PAUSED]
    return (yield from _call_each(orders, wanted, body, "was not paused", context))


def find_paused(record: Any, context: Context) -> Plan[Written | None]:
    orders = [order for order in (yield from _known_orders(record, context)) if is_open(order)]
    paused = bool(orders) and all(order["status"] == PAUSED for order in orders)
    return written(orders[0], "is paused") if paused else None


def find_released(record: Any, context: Context) -> Plan[Written | None]:
    orders = yield from _known_orders(record, context)
    released = bool(orders) and all(order["status"] != PAUSED for order in orders)
    return written(orders[0], "is not paused") if released else None


def _call_each(
    orders: list[Order], wanted: list[Order], body: Any, otherwise: str, context: Context
) -> Plan[Written]:
    for order in wanted:
        yield from _call(order, body, context)
    return written(orders[0], "" if wanted else otherwise)


def _call(order: Order, body: Any, context: Context) -> Plan[Order]:
    """The order after the action; Whiplash refuses in words what comes too late."""
    path = f"/orders/{order['id']}/call/{body['action']}"
    try:
        response = yield api("PUT", path, context, json=body, writes=True)
    except Rejected as refused:
        raise TooLate(
            f"Whiplash refused to {body['action']} {name_of(order)},"
            f" which is {status_of(order)}: {refused.message}",
            detail=refused.detail,
        ) from refused
    changed: Order = response.json()
    return changed


def _orders_to_change(record: Any, context: Context) -> Plan[list[Order]]:
    orders = yield from _known_orders(record, context)
    if not orders:
        raise MissingLink(
            "order",
            context.reference or record.id,
            by="reference",
            if_never="It never came to the warehouse: there is nothing to change there.",
        )
    return orders


def _known_orders(record: Any, context: Context) -> Plan[list[Order]]:
    if context.reference:
        found = yield from find_orders(context.reference, context)
        if found:
            return found
    if not context.record_id:
        return []
    response = yield api("GET", f"/orders/{context.record_id}", context)
    return [response.json()]


def is_open(order: Order) -> bool:
    status = int(order["status"])
    return status not in CLOSED and not has_left(status)


def written(order: Order, note: str = "") -> Written:
    return Written(str(order["id"]), str(order.get("humanize_id") or order["id"]), note)


def name_of(order: Order) -> str:
    number = order.get("order_orig")
    return f"Whiplash order {order['id']}" + (f" ({number})" if number else "")


def status_of(order: Order) -> str:
    return str(order.get("status_name") or order.get("status"))


def reference_of(order: Order) -> str:
    return str((order.get("originator") or {}).get("original_id") or "")


def _also(cancelled: list[Order]) -> str:
    if not cancelled:
        return ""
    return f" The part that was still open is cancelled: {', '.join(map(name_of, cancelled))}."
