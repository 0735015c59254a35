"""Reading what changed: by time and id, page by page, without losing records in between.

`updated_at_gt` is strict and a page number shifts when a record changes during the poll. So each
page asks for what changed after the last record of the page before, less one millisecond; a page
number is used only inside a millisecond that holds more than a page.

What is read as a whole is read by id, which no change moves.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.catalog.whiplash.access import api, rows_of, search
from connectors.errors import UnexpectedResponse
from connectors.pagination import pack, unpack
from connectors.spec import Context, Page, Plan, Position, Response

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
    return Page((yield from _levels_of(page.records, context)), page.next_page)


def all_stock(position: Position, context: Context) -> Plan[Page]:
    """Every item by its id; the warehouses of those that changed since the position."""
    mark = unpack(position.page)
    size, read = _items_per_page(context), int(mark.get("read", 0))
    beyond = search(id_gt=int(mark["after"])) if mark else {}
    params = {"sort": "id asc", "per_page": str(size), **beyond}
    total = int(mark["total"]) if mark else (yield from _count_items(context))
    items = rows_of((yield api("GET", "/items", context, params=params)))
    changed = [item for item in items if _has_changed(item, position.since)]
    levels = yield from _levels_of(changed, context)
    asked = {item["id"] for item in changed}
    same = [str(item["id"]) for item in items if item["id"] not in asked]
    read += len(items)
    # A short page need not be the last: how many items a page may hold is not documented.
    is_last = not items or (len(items) < size and read >= total)
    after = "" if is_last else pack(after=items[-1]["id"], read=read, total=total)
    return Page(levels, after, None if mark else total, same)


def fetch_stock(ids: Sequence[str], position: Position, context: Context) -> Plan[Page]:
    """These items as they are, in each warehouse."""
    items = yield from _items_of(ids, context)
    return Page((yield from _levels_of(items, context)))


def poll_transactions(position: Position, context: Context) -> Plan[Page]:
    """The stock ledger of each changed item, from the position on."""
    page = yield from _changed("/items", position, context, ITEMS_PER_PAGE)
    return Page((yield from _ledgers_of(page.records, position, context)), page.next_page)


def fetch_transactions(ids: Sequence[str], position: Position, context: Context) -> Plan[Page]:
    """The stock ledger of these items, from the position on."""
    items = yield from _items_of(ids, context)
    return Page((yield from _ledgers_of(items, position, context)))


def _items_per_page(context: Context) -> int:
    return int(context.settings.get("items_per_page") or PER_PAGE)


def _count_items(context: Context) -> Plan[int]:
    answer: Response = yield api("GET", "/items/count", context)
    try:
        return int(answer.json()["count"])
    except (KeyError, TypeError, ValueError) as error:
        raise UnexpectedResponse("Whiplash did not say how many items there are.") from error


def _has_changed(item: Mapping[str, Any], since: datetime | None) -> bool:
    """An item that does not say when it changed may have changed."""
    said = item.get("updated_at")
    return since is None or not said or _time_of(said) >= since


def _items_of(ids: Iterable[str], context: Context) -> Plan[list[dict[str, Any]]]:
    return (yield from _rows_for("/items", sorted({int(one) for one in ids}), context))


def _rows_for(path: str, numbers: Sequence[int], context: Context) -> Plan[list[dict[str, Any]]]:
    found: list[dict[str, Any]] = []
    for start in range(0, len(numbers), PER_PAGE):
        some = search(id_in=list(numbers[start : start + PER_PAGE]))
        params = {"sort": "id asc", "per_page": str(PER_PAGE), **some}
        found += rows_of((yield api("GET", path, context, params=params)))
    return found


def _levels_of(items: Iterable[Mapping[str, Any]], context: Context) -> Plan[list[dict[str, Any]]]:
    """Each item's quantities, asked for at once: one record for each of its warehouses."""
    items = list(items)
    asked = [api("GET", f"/items/{item['id']}/warehouse_quantities", context) for item in items]
    answers = (yield asked) if asked else []
    return [
        _level(item, warehouse)
        for item, answer in zip(items, answers, strict=True)
        for warehouse in _warehouses(answer.json())
    ]


def _ledgers_of(
    items: Iterable[Mapping[str, Any]], position: Position, context: Context
) -> Plan[list[dict[str, Any]]]:
    entries: list[dict[str, Any]] = []
    for item in items:
        found = yield from _ledger_of(item, position, context)
        entries += [{**entry, "sku": item.get("sku")} for entry in found]
    returns = yield from _returns_of(entries, context)
    return [_with_return(entry, returns) for entry in entries]


def _returns_of(
    entries: Iterable[Mapping[str, Any]], context: Context
) -> Plan[dict[int, dict[str, Any]]]:
    """The consumer returns behind these entries, by their ids.

    The ledger names them as it names inbound shipments, as shipnotices: which it is must be asked.
    """
    numbers = sorted({int(one["shipnotice_id"]) for one in entries if one.get("shipnotice_id")})
    rows = yield from _rows_for("/consumer_returns", numbers, context)
    return {int(row["id"]): row for row in rows}


def _with_return(
    entry: Mapping[str, Any], returns: Mapping[int, Mapping[str, Any]]
) -> dict[str, Any]:
    """The entry, and whether the goods came back from a shopper; a return names its warehouse."""
    found = returns.get(int(entry.get("shipnotice_id") or 0))
    held = [item.get("item_id") for item in (found or {}).get("return_items") or []]
    if found is None or entry.get("item_id") not in (held or [entry.get("item_id")]):
        return {**entry, "is_return": False}
    place = entry.get("warehouse_id") or found.get("warehouse_id")
    return {**entry, "is_return": True, "warehouse_id": place}


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
        changed = records[-1]["updated_at"]
    except KeyError as error:
        raise UnexpectedResponse("A record of Whiplash does not say when it changed.") from error
    after = _before(_time_of(changed))
    return pack(after=after, page=int(mark["page"]) + 1 if after == mark["after"] else 1)


def _time_of(text: Any) -> datetime:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (AttributeError, ValueError) as error:
        raise UnexpectedResponse("Whiplash tells a time that is none.", detail=str(text)) from error


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
