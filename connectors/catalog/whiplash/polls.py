"""Reading what changed: by time and id, page by page, without losing records in between.

`updated_at_gt` is strict and a page number shifts when a record changes during the poll. So each
page asks for what changed after the last record of the page before, less one millisecond; a page
number is used only inside a millisecond that holds more than a page.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.catalog.whiplash.access import api, rows_of, search
from connectors.errors import UnexpectedResponse
from connectors.pagination import pack, unpack
from connectors.spec import Context, Page, Plan, Position

PER_PAGE = 50  # what the vendor's own client asks for; a higher bound is not documented
ITEMS_PER_PAGE = 20  # each of them costs another request
_TICK = timedelta(milliseconds=1)


def poll_orders(position: Position, context: Context) -> Plan[Page]:
    page = yield from _changed("/orders", position, context)
    whole = yield from _with_lines(page.records, context)
    return Page(whole, page.next_page)


def poll_returns(position: Position, context: Context) -> Plan[Page]:
    return (yield from _changed("/consumer_returns", position, context))


def poll_items(position: Position, context: Context) -> Plan[Page]:
    return (yield from _changed("/items", position, context))


def poll_stock(position: Position, context: Context) -> Plan[Page]:
    """One record for each changed item in each warehouse."""
    page = yield from _changed("/items", position, context, ITEMS_PER_PAGE)
    asked = [
        api("GET", f"/items/{item['id']}/warehouse_quantities", context) for item in page.records
    ]
    answers = (yield asked) if asked else []
    records = [
        _level(item, warehouse)
        for item, answer in zip(page.records, answers, strict=True)
        for warehouse in _warehouses(answer.json())
    ]
    return Page(records, page.next_page)


def poll_transactions(position: Position, context: Context) -> Plan[Page]:
    """The stock ledger of each changed item, from the position on."""
    page = yield from _changed("/items", position, context, ITEMS_PER_PAGE)
    records: list[dict[str, Any]] = []
    for item in page.records:
        found = yield from _ledger_of(item, position, context)
        records += [{**entry, "sku": item.get("sku")} for entry in found]
    return Page(records, page.next_page)


def _changed(
    path: str, position: Position, context: Context, per_page: int = PER_PAGE
) -> Plan[Page]:
    mark = unpack(position.page) or {"after": _before(position.since), "page": 1}
    params = {"sort": "updated_at asc,id asc", "per_page": str(per_page), "page": str(mark["page"])}
    if mark["after"]:
        params |= search(updated_at_gt=mark["after"])
    response = yield api("GET", path, context, params=params)
    records = rows_of(response)
    return Page(records, _next(mark, records) if len(records) >= per_page else "")


def _next(mark: Mapping[str, Any], records: list[dict[str, Any]]) -> str:
    try:
        after = _before(datetime.fromisoformat(records[-1]["updated_at"].replace("Z", "+00:00")))
    except (KeyError, AttributeError, ValueError) as error:
        raise UnexpectedResponse("A record of Whiplash does not say when it changed.") from error
    return pack(after=after, page=int(mark["page"]) + 1 if after == mark["after"] else 1)


def _before(since: datetime | None) -> str:
    return (since - _TICK).isoformat(timespec="milliseconds") if since else ""


def _with_lines(records: Any, context: Context) -> Plan[list[dict[str, Any]]]:
    """A list may be shorter than the order itself; then the order is read by its id."""
    short = [row["id"] for row in records if not {"order_items", "packages"} <= row.keys()]
    if not short:
        return list(records)
    answers = yield [api("GET", f"/orders/{number}", context) for number in short]
    whole = {number: answer.json() for number, answer in zip(short, answers, strict=True)}
    return [whole.get(row["id"], row) for row in records]


def _warehouses(answer: Any) -> list[dict[str, Any]]:
    """The vendor's schema says one object, its answers are a list."""
    return answer if isinstance(answer, list) else [answer]


def _level(item: Mapping[str, Any], warehouse: Mapping[str, Any]) -> dict[str, Any]:
    quantities = ("quantity", "projected_quantity", "sellable_quantity")
    return {
        "id": f"{item['id']}-{warehouse['id']}",
        "item_id": item["id"],
        "sku": item.get("sku"),
        "updated_at": item.get("updated_at"),
        "warehouse_id": warehouse["id"],
        "warehouse_name": warehouse.get("name"),
        **{name: warehouse.get(name) for name in quantities},
    }


def _ledger_of(
    item: Mapping[str, Any], position: Position, context: Context
) -> Plan[list[dict[str, Any]]]:
    found: list[dict[str, Any]] = []
    after: dict[str, Any] = {"created_at_gt": _before(position.since)} if position.since else {}
    while True:
        params = {"sort": "id asc", "per_page": str(PER_PAGE), **search(**after)}
        response = yield api("GET", f"/items/{item['id']}/transactions", context, params=params)
        rows = rows_of(response)
        found += rows
        if len(rows) < PER_PAGE:
            return found
        after["id_gt"] = rows[-1]["id"]
