"""The polls: what changed, by SuiteQL, and each document whole, by its own GET.

A document is handed on as REST tells it, with what the readers need beside it: `version`,
`statusCode` (one letter), and on every line `sku` and `itemType`.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.catalog.netsuite.answers import NotThere, id_of, items_of
from connectors.catalog.netsuite.clock import as_utc, version_of
from connectors.catalog.netsuite.records import option_fields, request_lines
from connectors.catalog.netsuite.suiteql import (
    Changes,
    Row,
    moment,
    quote,
    rows_for,
)
from connectors.spec import Context, Page, Plan, Position, Request, Response

RECORDS = "/services/rest/record/v1"
DOCUMENTS = 40  # a page of whole documents
AT_ONCE = 4  # of the 5 calls that a standard account allows

ORDERS = Changes(
    "t.id", "transaction t", "t.type = 'SalesOrd'", "t.lastmodifieddate", ("t.id",), DOCUMENTS
)
FULFILMENTS = Changes(
    "t.id", "transaction t", "t.type = 'ItemShip'", "t.lastmodifieddate", ("t.id",), DOCUMENTS
)
ITEM_COLUMNS = """i.id, i.itemid, i.parent, i.matrixtype, i.displayname, i.itemtype, i.upccode,
    i.isinactive, i.weight, BUILTIN.DF(i.weightunit) AS weightunit, i.externalid,
    i.storedescription, i.cost"""
SELLABLE = "('InvtPart', 'Assembly', 'Kit', 'NonInvtPart')"
ITEMS = Changes(
    "i.id, i.parent", "item i", f"i.itemtype IN {SELLABLE}", "i.lastmodifieddate", ("i.id",), 100
)
STOCK = Changes(
    """i.itemid AS sku, l.item, l.location, BUILTIN.DF(l.location) AS locationname,
    l.quantityonhand, l.quantityavailable, l.quantitycommitted, l.quantityonorder""",
    "aggregateItemLocation l JOIN item i ON i.id = l.item",
    "i.itemtype IN ('InvtPart', 'Assembly') AND i.isinactive = 'F'",
    "l.lastquantityavailablechange",
    ("l.item", "l.location"),
    500,
)
CUSTOMERS = Changes(
    """c.id, c.entityid, c.externalid, c.isperson, c.firstname, c.lastname, c.companyname,
    c.email, c.phone""",
    "customer c",
    "c.isinactive = 'F'",
    "c.lastmodifieddate",
    ("c.id",),
    500,
)


def document(record: str, record_id: str, fields: str = "") -> Request:
    """One record, with its lines and addresses, or only some of its fields."""
    params = {"fields": fields} if fields else {"expandSubResources": "true"}
    return Request("GET", f"{RECORDS}/{record}/{record_id}", params=params)


def poll_orders(position: Position, context: Context) -> Plan[Page]:
    rows, next_page = yield from ORDERS.read(position, context)
    orders = yield from _documents("salesOrder", _unread(rows, context))
    known = yield from item_facts(_items_in(orders))
    return Page([order_record(order, known, context) for order in orders], next_page)


def poll_fulfilments(position: Position, context: Context) -> Plan[Page]:
    rows, next_page = yield from FULFILMENTS.read(position, context)
    found = yield from _documents("itemFulfillment", _unread(rows, context))
    known = yield from item_facts(_items_in(found))
    orders = {id_of(one.get("createdFrom")) for one in found} - {""}
    sql = "SELECT t.id, t.externalid FROM transaction t WHERE t.id IN ({ids}) ORDER BY t.id"
    rows = yield from rows_for(orders, sql)
    references = {row["id"]: row.get("externalid") for row in rows}
    pages = [_with_facts(one, known, context) for one in found]
    for one in pages:
        one["orderReference"] = references.get(id_of(one.get("createdFrom")))
    return Page(pages, next_page)


def poll_items(position: Position, context: Context) -> Plan[Page]:
    """Products: an item by itself, or a matrix item with all of its children."""
    rows, next_page = yield from ITEMS.read(position, context)
    if not rows:
        return Page([])
    heads = list(dict.fromkeys(row.get("parent") or row["id"] for row in rows))
    options = "".join(f", i.{column}" for column in option_fields(context.settings))
    members = yield from rows_for(
        heads,
        f"""SELECT {ITEM_COLUMNS}{options}, {moment("i.lastmodifieddate")} AS changed
        FROM item i WHERE i.id IN ({{ids}}) OR i.parent IN ({{ids}}) ORDER BY i.id""",
    )
    prices = yield from _prices([member["id"] for member in members], context)
    products = [product_record(head, members, prices, context) for head in heads]
    return Page([product for product in products if product], next_page)


def poll_stock(position: Position, context: Context) -> Plan[Page]:
    rows, next_page = yield from STOCK.read(position, context)
    return Page([_level(row, context) for row in rows], next_page)


def all_stock(position: Position, context: Context) -> Plan[Page]:
    """Every item at every location, whenever it changed."""
    rows, next_page, total = yield from STOCK.read_all(position)
    return Page([_level(row, context) for row in rows], next_page, total)


def _level(row: Row, context: Context) -> Row:
    row["id"] = f"{row['item']}-{row['location']}"
    return _stamp(row, context)


def poll_customers(position: Position, context: Context) -> Plan[Page]:
    rows, next_page = yield from CUSTOMERS.read(position, context)
    return Page([_stamp(row, context) for row in rows], next_page)


def _stamp(row: Row, context: Context) -> Row:
    """The row with its time in UTC and its version; a row that never changed is of old."""
    now = context.now or datetime.now(UTC)
    never = row["changed"] == "0000"
    oldest = datetime(1970, 1, 1, tzinfo=UTC)
    changed = oldest if never else as_utc(row["changed"], now, context.settings)
    row["changedAt"] = changed.isoformat()
    row["version"] = version_of(changed, now)
    return row


def _unread(rows: Iterable[Row], context: Context) -> list[str]:
    """The documents that must be read whole: those whose settled version we do not have yet."""
    stamped = [_stamp(row, context) for row in rows]
    return [
        row["id"]
        for row in stamped
        if not (row["version"].endswith("+") and context.is_known(row["id"], row["version"]))
    ]


def _documents(record: str, ids: list[str]) -> Plan[list[dict[str, Any]]]:
    """Each document; one that was deleted since it was listed is left out."""
    found: list[dict[str, Any]] = []
    for start in range(0, len(ids), AT_ONCE):
        some = [document(record, one) for one in ids[start : start + AT_ONCE]]
        try:
            answers: list[Response] = yield some
        except NotThere:
            answers = yield from _one_by_one(some)
        found += [answer.json() for answer in answers]
    return found


def _one_by_one(wanted: Iterable[Request]) -> Plan[list[Response]]:
    answers = []
    for request in wanted:
        try:
            answers.append((yield request))
        except NotThere:
            continue
    return answers


def _items_in(documents: Iterable[Mapping[str, Any]]) -> set[str]:
    return {id_of(line.get("item")) for one in documents for line in items_of(one)} - {""}


def item_facts(ids: Iterable[str]) -> Plan[dict[str, Row]]:
    """SKU and type of these items, by id; a line's own refName may be the long name."""
    sql = "SELECT i.id, i.itemid, i.itemtype FROM item i WHERE i.id IN ({ids}) ORDER BY i.id"
    return {row["id"]: row for row in (yield from rows_for(ids, sql))}


def _prices(ids: Iterable[str], context: Context) -> Plan[dict[str, str]]:
    level = quote(str(context.settings.get("price_level_id") or "1"))
    sql = f"""SELECT p.item, p.price FROM itemprice p
        WHERE p.pricelevel = {level} AND p.item IN ({{ids}}) ORDER BY p.item"""
    rows = yield from rows_for(ids, sql)
    return {row["item"]: row["price"] for row in rows if "price" in row}


def order_record(
    order: Mapping[str, Any], known: Mapping[str, Row], context: Context
) -> dict[str, Any]:
    """A sales order as the feed hands it on."""
    record = _with_facts(order, known, context)
    record["statusCode"] = id_of(order.get("orderStatus")) or id_of(order.get("status"))
    shipped = (float(line.get("quantityFulfilled") or 0) for line in items_of(order))
    record["hasShipped"] = any(quantity > 0 for quantity in shipped)
    wanted = request_lines(record, context)
    record["hasOpenGoods"] = any(line["quantity"] > 0 for line in wanted)
    return record


def _with_facts(
    document: Mapping[str, Any], known: Mapping[str, Row], context: Context
) -> dict[str, Any]:
    record = {name: value for name, value in document.items() if name != "links"}
    lines = []
    for line in items_of(document):
        facts = known.get(id_of(line.get("item")), {})
        lines.append({**line, "sku": facts.get("itemid"), "itemType": facts.get("itemtype")})
    record["item"] = {"items": lines}
    changed = datetime.fromisoformat(str(document["lastModifiedDate"]).replace("Z", "+00:00"))
    record["version"] = version_of(changed, context.now or datetime.now(UTC))
    return record


def product_record(
    head: str, members: Iterable[Row], prices: Mapping[str, str], context: Context
) -> dict[str, Any] | None:
    """One product: its head item and what is sold of it."""
    family = [one for one in members if head in (one["id"], one.get("parent"))]
    first = next((one for one in family if one["id"] == head), None)
    if first is None:
        return None
    children = [one for one in family if one["id"] != head]
    sold = [{**one, "price": prices.get(one["id"])} for one in children or family]
    newest = max(one["changed"] for one in family if one.get("changed"))
    return _stamp({**first, "changed": newest, "variants": sold}, context)
