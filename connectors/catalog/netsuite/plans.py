"""The writes, request by request: look first, write once, read back what people call it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from connectors.catalog.netsuite.answers import (
    Duplicate,
    NotThere,
    created_id,
    exact,
    id_of,
    items_of,
    name_of,
)
from connectors.catalog.netsuite.bodies import fulfilment_lines, reason_field
from connectors.catalog.netsuite.reads import RECORDS, document, item_facts
from connectors.catalog.netsuite.records import is_goods, line_reference
from connectors.catalog.netsuite.suiteql import query, quote, rows_for, rows_of
from connectors.errors import (
    AlreadyExists,
    Failure,
    MissingLink,
    MoneyMismatch,
    Rejected,
    TooLate,
)
from connectors.spec import Context, Plan, Request, Response, Written

CLOSED = {
    "C": "was cancelled",
    "D": "is partly shipped",
    "E": "is partly shipped and billed",
    "F": "has been shipped",
    "G": "has been shipped and billed",
    "H": "was closed",
}


def _write(method: str, path: str, body: Any, **params: str) -> Request:
    return Request(method, RECORDS + path, params=params, json=body, writes=True)


def _find_by_reference(record: str, context: Context) -> Plan[Mapping[str, Any] | None]:
    try:
        answer: Response = yield document(record, f"eid:{context.reference}", "id,tranId")
    except NotThere:
        return None
    found: Mapping[str, Any] = answer.json()
    return found


def _find_document(record: str) -> Any:
    """A find for an action: the document that carries our reference."""

    def find(standard: Any, context: Context) -> Plan[Written | None]:
        found = yield from _find_by_reference(record, context)
        return Written(str(found["id"]), str(found.get("tranId") or "")) if found else None

    return find


find_fulfilment = _find_document("itemFulfillment")
find_adjustment = _find_document("inventoryAdjustment")


def _label_of(record: str, record_id: str) -> Plan[str]:
    """What people call it; the write stands even where this cannot be read."""
    try:
        answer: Response = yield document(record, record_id, "tranId")
        return str(answer.json().get("tranId") or "")
    except Failure:
        return ""


def _id_after(answer: Response, record: str, context: Context) -> Plan[str]:
    """The id of what was upserted; an update's answer may tell none."""
    if answer.headers.get("location"):
        return created_id(answer)
    found: Response = yield document(record, f"eid:{context.reference}", "id")
    return str(found.json()["id"])


# --- Customers --------------------------------------------------------------------------------


def upsert_customer(body: Any, record: Any, context: Context) -> Plan[Written]:
    """By our reference, or by id where the customer was there before us."""
    known = context.record_id
    path = f"/customer/{known}" if known else f"/customer/eid:{context.reference}"
    try:
        answer = yield _write("PATCH" if known else "PUT", path, body, replace="addressBook")
    except Duplicate as refusal:
        yield from _adopt_customer(body, refusal)
        raise
    return Written(known or (yield from _id_after(answer, "customer", context)))


def _adopt_customer(body: Mapping[str, Any], refusal: Duplicate) -> Plan[None]:
    """Where the account refuses a second customer of an e-mail, the first one is meant."""
    if not body.get("email"):
        return
    wanted = quote(str(body["email"]).lower())
    sql = f"SELECT c.id, c.entityid FROM customer c WHERE LOWER(c.email) = {wanted}"
    found = rows_of((yield query(sql)))
    if len(found) == 1:
        words = f"NetSuite has the customer {found[0].get('entityid')} with this e-mail already."
        raise AlreadyExists(words, external_id=found[0]["id"], detail=refusal.detail)


# --- Sales orders -------------------------------------------------------------------------------


def _read_order(context: Context, order_id: str) -> Plan[dict[str, Any] | None]:
    wanted = order_id or _key_of(context.reference, context)
    try:
        answer: Response = yield document("salesOrder", wanted)
    except NotThere:
        return None
    found: dict[str, Any] = answer.json()
    return found


def _key_of(reference: str, context: Context) -> str:
    """Our reference as an address; an order that began in NetSuite is named after its own id."""
    account = str(context.settings.get("account_id") or "").lower().replace("_", "-")
    start, _, number = reference.rpartition("-")
    return number if number.isdigit() and start == account else f"eid:{reference}"


def status_of(order: Mapping[str, Any]) -> str:
    return id_of(order.get("orderStatus")) or id_of(order.get("status"))


def upsert_sales_order(body: dict[str, Any], record: Any, context: Context) -> Plan[Written]:
    """A new order as the settings say; an edited one keeps its approval and gets new lines."""
    existing = None
    if not context.is_new:
        existing = yield from _read_order(context, context.record_id)
    if existing is None:
        path = f"/salesOrder/eid:{context.reference}"
        answer = yield _write("PUT", path, body, replace="item")
        order_id = yield from _id_after(answer, "salesOrder", context)
        return (yield from _read_back(order_id, record))
    name, state = _name_of(existing), status_of(existing)
    if state in CLOSED:
        what = f"the change of order {record.number} cannot be written any more"
        raise TooLate(f"{name} {CLOSED[state]} in NetSuite, so {what}.")
    changed = {field: value for field, value in body.items() if field != "orderStatus"}
    path = f"/salesOrder/{existing['id']}"
    yield _write("PATCH", path, changed, replace="item")
    return (yield from _read_back(str(existing["id"]), record))


def _name_of(order: Mapping[str, Any]) -> str:
    return f"Sales order {order.get('tranId') or order['id']}"


def _read_back(order_id: str, record: Any) -> Plan[Written]:
    """Its number; and NetSuite must arrive at the same total, to the cent."""
    try:
        answer: Response = yield document("salesOrder", order_id, "tranId,total")
        found = answer.json()
    except Failure:  # it is written; its number comes with the next poll
        return Written(order_id)
    label, total = str(found.get("tranId") or ""), found.get("total")
    if total is not None and exact(total) != record.total:
        raise MoneyMismatch(
            f"NetSuite computes a total of {exact(total)} for sales order {label}, but order"
            f" {record.number} says {record.total}: correct it there, or the settings for tax.",
            line="total",
            value=str(total),
        )
    return Written(order_id, label)


def cancel_sales_order(body: Any, record: Any, context: Context) -> Plan[Written]:
    """Close every line. NetSuite keeps the order, as closed."""
    order = yield from _read_order(context, context.record_id)
    if order is None:
        never = "It was never written to NetSuite: there is nothing to cancel there."
        raise MissingLink("order", record.id, if_never=never)
    order_id, label, state = str(order["id"]), str(order.get("tranId") or ""), status_of(order)
    if state in ("C", "H"):
        return Written(order_id, label, f"{_name_of(order)} {CLOSED[state]} already.")
    if state in CLOSED:
        advice = "take the goods back by a return instead"
        raise TooLate(f"{_name_of(order)} {CLOSED[state]} in NetSuite: {advice}.")
    lines = [{"line": line["line"], "isClosed": True} for line in items_of(order)]
    reason = {} if order.get("memo") else body
    yield _write("PATCH", f"/salesOrder/{order_id}", {**reason, "item": {"items": lines}})
    return Written(order_id, label)


# --- Shipments ----------------------------------------------------------------------------------


def fulfil_sales_order(body: dict[str, Any], record: Any, context: Context) -> Plan[Written]:
    """Ship exactly these lines of the order, with their tracking numbers."""
    order = yield from _order_of_shipment(record, context)
    open_lines = yield from _open_lines(order, context)
    shipped: dict[str, Decimal] = {}
    for line in record.lines:
        shipped[line.reference] = shipped.get(line.reference, Decimal(0)) + line.quantity
    _check_shipped(order, open_lines, shipped)
    lines = fulfilment_lines(order, open_lines, shipped, context)
    path = f"/salesOrder/{order['id']}/!transform/itemFulfillment"
    try:
        answer = yield _write("POST", path, {**body, "item": lines})
    except Duplicate:
        found = yield from _find_by_reference("itemFulfillment", context)
        if found is None:
            raise
        words = f"{_name_of(order)} has this shipment already."
        raise AlreadyExists(words, external_id=str(found["id"])) from None
    made = created_id(answer)
    label = yield from _label_of("itemFulfillment", made)
    return Written(made, label, f"Fulfils {_name_of(order)}.")


def _order_of_shipment(record: Any, context: Context) -> Plan[dict[str, Any]]:
    """By its link, else by our own reference, which the warehouse carried along."""
    linked = context.find_link("order", record.order_id, "id")
    if not linked and not record.order_reference:
        raise MissingLink("order", record.order_id)
    key = linked or _key_of(record.order_reference, context)
    try:
        answer: Response = yield document("salesOrder", key)
    except NotThere:
        raise MissingLink("order", record.order_id) from None
    found: dict[str, Any] = answer.json()
    return found


def _open_lines(order: Mapping[str, Any], context: Context) -> Plan[dict[str, dict[str, Any]]]:
    """What a fulfilment of the order may list: goods that are neither shipped nor closed."""
    lines = items_of(order)
    facts = yield from item_facts({id_of(line.get("item")) for line in lines} - {""})
    found = {}
    for line in lines:
        kind = facts.get(id_of(line.get("item")), {}).get("itemtype")
        left = exact(line.get("quantity")) - exact(line.get("quantityFulfilled"))
        if is_goods({**line, "itemType": kind}, context) and left > 0 and not line.get("isClosed"):
            found[line_reference(line, context)] = {**line, "left": left}
    return found


def _check_shipped(
    order: Mapping[str, Any],
    open_lines: Mapping[str, Mapping[str, Any]],
    shipped: Mapping[str, Decimal],
) -> None:
    name, state = _name_of(order), status_of(order)
    if state == "A":
        raise Rejected(f"{name} is not approved in NetSuite, so nothing of it can be shipped.")
    if state in ("C", "H"):
        raise TooLate(f"{name} {CLOSED[state]} in NetSuite, yet the warehouse shipped it.")
    for reference, quantity in shipped.items():
        line = open_lines.get(reference)
        if line is None:
            why = "it is shipped or closed already, or is not on the order"
            raise TooLate(f"{name} has no open line {reference}: {why}.")
        if quantity > line["left"]:
            counts = f"{quantity} were shipped, but only {line['left']} are open"
            raise TooLate(f"{name}, line {reference}: {counts}.")


# --- Stock --------------------------------------------------------------------------------------


def adjust_inventory(body: Any, record: Any, context: Context) -> Plan[Written]:
    """Books the change once; it does not wait for an item that NetSuite does not have."""
    lines = []
    for line in items_of(body, "inventory"):
        item = line.get("item")
        item_id = id_of(item) or (yield from _item_of(name_of(item), context))
        lines.append({**line, "item": {"id": item_id}})
    whole = {**body, **reason_field("custbody", record.reason, context)}
    try:
        answer = yield _write(
            "POST", "/inventoryAdjustment", {**whole, "inventory": {"items": lines}}
        )
    except Duplicate:
        found = yield from _find_by_reference("inventoryAdjustment", context)
        if found is None:
            raise
        words = "NetSuite has this adjustment already."
        raise AlreadyExists(words, external_id=str(found["id"])) from None
    except Rejected as refused:
        yield from _explain_refusal(body, lines, record)
        raise refused
    made = created_id(answer)
    return Written(made, (yield from _label_of("inventoryAdjustment", made)))


def _item_of(sku: str, context: Context) -> Plan[str]:
    found = yield from find_variant(sku, context)
    if found is None:
        raise Rejected(f"NetSuite has no item with the SKU {sku}: create it, then replay this.")
    return found.external_id


def _explain_refusal(
    body: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], record: Any
) -> Plan[None]:
    """NetSuite names a field; which location or item is meant, and what is wrong, is asked."""
    place = id_of(body.get("adjLocation"))
    sql = f"SELECT l.id, l.isinactive FROM location l WHERE l.id = {_number_of(place)}"
    rows = rows_of((yield query(sql)))
    if not rows or rows[0].get("isinactive") == "T":
        where = f"the warehouse {record.location}: correct the lookup table netsuite_locations"
        raise Rejected(f"NetSuite has no active location {place}, which is set for {where}.")
    ids = {id_of(line["item"]) for line in lines}
    sql = "SELECT i.id, i.itemid, i.isinactive FROM item i WHERE i.id IN ({ids}) ORDER BY i.id"
    rows = yield from rows_for(ids, sql)
    gone = ids - {row["id"] for row in rows}
    if gone:
        raise Rejected(f"NetSuite has no item {', '.join(sorted(gone))} any more.")
    inactive = [row["itemid"] for row in rows if row.get("isinactive") == "T"]
    if inactive:
        words = "is inactive in NetSuite: activate it, then replay this"
        raise Rejected(f"The item {', '.join(inactive)} {words}.")


def _number_of(text: str) -> int:
    """What a person wrote for an internal id; what is no number is nobody's."""
    return int(text) if text.isdigit() else -1


# --- Finders ------------------------------------------------------------------------------------


def find_variant(sku: str, context: Context) -> Plan[Written | None]:
    """The one active item of this SKU."""
    wanted = quote(sku)
    rows = rows_of(
        (
            yield query(
                f"""SELECT i.id, i.itemid, i.isinactive FROM item i
                WHERE (i.itemid = {wanted} OR i.externalid = {wanted})
                AND NVL(i.matrixtype, '-') <> 'PARENT' ORDER BY i.id"""
            )
        )
    )
    rows = [row for row in rows if row["itemid"] == sku] or rows
    active = [row for row in rows if row.get("isinactive") != "T"]
    if len(active) > 1:
        ids = ", ".join(row["id"] for row in active)
        raise Rejected(f"NetSuite has {len(active)} items with the SKU {sku} (ids {ids}).")
    if rows and not active:
        raise Rejected(f"The item {sku} is inactive in NetSuite: activate it, then try again.")
    return Written(active[0]["id"], active[0]["itemid"]) if active else None
