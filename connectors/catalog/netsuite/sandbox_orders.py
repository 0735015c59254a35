"""Sales orders as NetSuite keeps them: lines, sums, states and reservations.

Settings: `line_step` (3; line numbers need not be 1, 2, 3), `custom_columns` (the line columns that
exist), `closed_before` (a date; no posting before it).
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connectors.catalog.netsuite.sandbox_bulk import find_item, find_level
from connectors.catalog.netsuite.sandbox_errors import (
    invalid,
    number,
    plain,
    refuse,
    user_error,
)
from connectors.catalog.netsuite.sandbox_sql import save
from connectors.sandbox.kit import Refuse
from connectors.sandbox.world import Document, World

GOODS = ("InvtPart", "Assembly", "Kit", "NonInvtPart")
LENGTHS = {"memo": 999, "otherrefnum": 45, "email": 254, "externalid": 255}
TEXTS = {
    "otherrefnum": "otherRefNum",
    "memo": "memo",
    "email": "email",
    "trandate": "tranDate",
    "shipdate": "shipDate",
}
REFERENCES = {
    "entity": "customer",
    "subsidiary": "subsidiary",
    "location": "location",
    "shipmethod": "shipItem",
}
ADDRESS = {
    "addr1": ("addr1", 150),
    "addr2": ("addr2", 150),
    "addressee": ("addressee", 83),
    "attention": ("attention", 83),
    "city": ("city", 50),
    "state": ("state", 30),
    "zip": ("zip", 36),
    "addrphone": ("addrPhone", 21),
    "country": ("country", 2),
}
LINE_NAMES = {
    "item",
    "line",
    "quantity",
    "rate",
    "amount",
    "price",
    "description",
    "location",
    "taxcode",
    "isclosed",
    "commitinventory",
    "orderline",
}


def stamp(world: World) -> str:
    return world.now().strftime("%Y-%m-%dT%H:%M:%SZ")


def today(world: World) -> str:
    return world.now().strftime("%Y-%m-%d")


def text_of(value: Any, field: str) -> str:
    most = LENGTHS.get(field)
    if most and len(str(value)) > most:
        raise too_long(field, most)
    return str(value)


def too_long(field: str, most: int) -> Refuse:
    start = f"The field {field} contained more than the maximum number"
    return user_error(f"{start} ( {most} ) of characters allowed.", field)


def resolve(world: World, table: str, value: Any, field: str, path: str) -> str | None:
    """The id that {"id"}, {"externalId"} or a bare value means; unknown ones are refused."""
    if value is None:
        return None
    found = None
    if isinstance(value, Mapping) and value.get("externalid"):
        same = world.table(table).where(externalId=str(value["externalid"]))
        found = same[0] if same else None
    else:
        value = value.get("id") if isinstance(value, Mapping) else value
        found = find_item(world, value) if table == "item" else world.table(table).get(value)
    if found is None:
        raise invalid(value, field, path)
    return str(found["id"])


def by_external_id(world: World, table: str, external_id: str) -> Document | None:
    """Through an index of its own, which is kept by `claim`."""
    known = world.table("_external").get(f"{table}/{external_id}")
    return world.table(table).get(known["id"]) if known else None


def claim(world: World, table: str, document: Document, external_id: str) -> None:
    """Give the document this external id; a second holder is refused."""
    other = by_external_id(world, table, external_id)
    if other is not None and other["id"] != document["id"]:
        raise user_error("This record already exists. The external ID is in use.", "externalId")
    document["externalId"] = text_of(external_id, "externalid")
    world.table("_external").put(f"{table}/{external_id}", {"id": document["id"]})


def new_number(world: World, kind: str, prefix: str, start: int) -> str:
    return f"{prefix}{world.next_id(kind, start)}"


def blank_order(world: World) -> Document:
    now = stamp(world)
    return {
        "id": "",
        "tranId": "",
        "tranDate": today(world),
        "createdDate": now,
        "lastModifiedDate": now,
        "isApproved": False,
        "isCancelled": False,
        "currency": "1",
        "subsidiary": "1",
        "lines": [],
        "lastLine": 0,
        "reserved": {},
    }


def write_order(world: World, order: Document, body: Document, replace: set[str]) -> None:
    """Apply a body; nothing is kept unless all of it is right."""
    for name, field in TEXTS.items():
        if name in body:
            order[field] = None if body[name] is None else text_of(body[name], name)
    for name, table in REFERENCES.items():
        if name in body:
            field = "shipMethod" if name == "shipmethod" else name
            order[field] = resolve(world, table, body[name], name, name)
    for name, field in (
        ("shippingaddress", "shippingAddress"),
        ("billingaddress", "billingAddress"),
    ):
        if name in body:
            order[field] = read_address(body[name], field)
    if "shippingcost" in body:
        order["shippingCost"] = plain(number(body["shippingcost"], "shippingCost", "shippingCost"))
    if "orderstatus" in body:
        _set_status(order, body["orderstatus"])
    if "item" in body:
        _write_lines(world, order, body["item"].get("items") or [], "item" in replace)
    if not order.get("entity"):
        raise user_error("Please enter value(s) for: Customer", "entity")
    if not order["lines"]:
        raise user_error("You must enter at least one line item for this transaction.", "item")


def _set_status(order: Document, value: Any) -> None:
    letter = value.get("id") if isinstance(value, Mapping) else value
    if letter not in ("A", "B", "C"):
        raise invalid(letter, "orderStatus", "orderStatus")
    if letter == "A" and any(line["quantityFulfilled"] for line in order["lines"]):
        raise user_error("An order that is partly fulfilled cannot be unapproved.", "orderStatus")
    order["isApproved"], order["isCancelled"] = letter == "B", letter == "C"


def read_address(value: Any, path: str) -> Document:
    found = {}
    for name, one in (value or {}).items():
        field, most = ADDRESS.get(name, ("", 0))
        one = one.get("id") if isinstance(one, Mapping) else one
        if field and one is not None:
            if len(str(one)) > most:
                raise invalid(one, field, f"{path}.{field}")
            found[field] = str(one)
    return found


def _write_lines(world: World, order: Document, given: list[Document], replaces: bool) -> None:
    kept = order["lines"]
    if replaces:
        listed = {str(line["line"]) for line in given if "line" in line}
        gone = [line for line in kept if str(line["line"]) not in listed]
        if any(line["quantityFulfilled"] or line["quantityBilled"] for line in gone):
            words = "You cannot delete this line item because it was fulfilled or billed."
            raise user_error(words, "item")
        order["lines"] = [line for line in kept if str(line["line"]) in listed]
    for index, one in enumerate(given):
        path = f"item.items[{index}]"
        if one.get("line") is None:
            line = _new_line(world, order)
        else:
            line = line_of(order["lines"], one["line"], f"{path}.line")
        _write_line(world, order, line, one, path)


def _new_line(world: World, order: Document) -> Document:
    step = int(world.setting("line_step", 3))
    order["lastLine"] = order["lastLine"] + step if order["lastLine"] else 1
    line: Document = {"line": order["lastLine"], "quantityFulfilled": 0, "quantityBilled": 0}
    line.update({"isClosed": False, "quantity": 1, "custom": {}})
    order["lines"].append(line)
    return line


def line_of(lines: list[Document], number_given: Any, path: str) -> Document:
    for line in lines:
        if str(line["line"]) == str(number_given):
            return line
    raise invalid(number_given, "line", path)


def _write_line(world: World, order: Document, line: Document, one: Document, path: str) -> None:
    if "item" in one:
        line["item"] = resolve(world, "item", one["item"], "item", f"{path}.item")
    item = find_item(world, line.get("item"))
    if item is None:
        raise user_error("Please enter value(s) for: Item", f"{path}.item")
    if "item" in one and item["isInactive"]:
        raise user_error(f"The item {item['itemId']} is inactive.", f"{path}.item")
    if "quantity" in one:
        line["quantity"] = plain(number(one["quantity"], "quantity", f"{path}.quantity"))
        if item["itemType"] in GOODS and line["quantity"] < line["quantityFulfilled"]:
            raise user_error("The quantity is below what was fulfilled.", f"{path}.quantity")
    _price_line(line, one, item, path)
    if "location" in one:
        line["location"] = resolve(
            world, "location", one["location"], "location", f"{path}.location"
        )
    line["location"] = line.get("location") or order.get("location")
    if "description" in one:
        line["description"] = one["description"]
    if "isclosed" in one:
        line["isClosed"] = one["isclosed"] in (True, "T", "true")
    _write_columns(world, line, one)


def _write_columns(world: World, line: Document, one: Document) -> None:
    """Custom columns; one that the account does not have is passed over."""
    columns = world.setting("custom_columns", ["custcol_ekyam_line_id"])
    line["custom"].update({name: one[name] for name in columns if name in one})


def _price_line(line: Document, one: Document, item: Document, path: str) -> None:
    """An amount given stands; else rate times quantity, at the item's price when none is given."""
    if "rate" in one or "rate" not in line:
        given = one.get("rate")
        line["rate"] = (
            item.get("price") or 0 if given is None else plain(number(given, "rate", path))
        )
    if one.get("amount") is not None:
        amount = number(one["amount"], "amount", f"{path}.amount")
        if "rate" not in one and line["quantity"]:
            rate = amount / Decimal(str(line["quantity"]))
            line["rate"] = plain(rate.quantize(Decimal("0.00000001")))
    elif {"rate", "quantity", "item"} & one.keys():
        amount = Decimal(str(line["rate"])) * Decimal(str(line["quantity"]))
        amount = amount.quantize(Decimal("0.01"))
    else:
        return
    line["amount"] = plain(amount)


def is_goods(world: World, line: Document) -> bool:
    item = find_item(world, line["item"])
    return item is not None and item["itemType"] in GOODS


def left_of(line: Document) -> Decimal:
    """What is still to ship of a line."""
    if line["isClosed"]:
        return Decimal(0)
    return Decimal(str(line["quantity"])) - Decimal(str(line["quantityFulfilled"]))


def status_of(world: World, order: Document) -> str:
    """The letter that approvals, shipments, bills and closings amount to."""
    goods = [line for line in order["lines"] if is_goods(world, line)]
    shipped = any(line["quantityFulfilled"] for line in goods)
    billed = all(line["quantityBilled"] >= line["quantityFulfilled"] for line in goods)
    if order["isCancelled"]:
        return "C"
    if all(line["isClosed"] for line in order["lines"]) and not shipped:
        return "H"
    if not order["isApproved"]:
        return "A"
    if any(left_of(line) > 0 for line in goods):
        if not shipped:
            return "B"
        return "E" if any(line["quantityBilled"] for line in goods) else "D"
    return "G" if billed and any(line["quantityBilled"] for line in goods) else "F"


def keep_order(world: World, order: Document) -> None:
    """Sums, state and reservations anew, then kept."""
    if not order["id"]:
        order["id"] = str(world.next_id("_transaction", 1000))
        order["tranId"] = new_number(world, "_salesOrder", "SO", 1001)
    amounts = [Decimal(str(line["amount"])) for line in order["lines"]]
    order["subtotal"] = plain(sum(amounts, Decimal(0)))
    cost = Decimal(str(order.get("shippingCost") or 0))
    order["total"] = plain(sum(amounts, cost))
    order["status"] = status_of(world, order)
    order["lastModifiedDate"] = stamp(world)
    _reserve(world, order)
    save(world, "salesOrder", order)


def _reserve(world: World, order: Document) -> None:
    wanted: dict[str, float] = {}
    if order["status"] in ("B", "D", "E"):
        for line in order["lines"]:
            if is_goods(world, line) and left_of(line) > 0 and line.get("location"):
                key = f"{line['item']}-{line['location']}"
                wanted[key] = wanted.get(key, 0) + float(left_of(line))
    for key in wanted.keys() | order["reserved"].keys():
        change = wanted.get(key, 0) - order["reserved"].get(key, 0)
        if change:
            change_stock(world, key, reserved=change)
    order["reserved"] = wanted


def change_stock(world: World, key: str, on_hand: float = 0, reserved: float = 0) -> None:
    item, _, location = key.partition("-")
    level = find_level(world, key)
    if level is None:
        level = {"item": item, "location": location, "onHand": 0, "reserved": 0, "onOrder": 0}
    level["onHand"] += on_hand
    level["reserved"] += reserved
    level["lastChange"] = stamp(world)
    save(world, "stock", level, key)


def check_period(world: World, day: str) -> None:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", day):
        raise invalid(day, "tranDate", "tranDate")
    if day < str(world.setting("closed_before", "")):
        start = "The transaction date you specified is not within the date range of"
        raise user_error(f"{start} an open accounting period.", "tranDate")


def check_names(body: Document, mode: str) -> None:
    """X-NetSuite-PropertyNameValidation: unknown line fields are refused only when asked."""
    if mode.lower() != "error":
        return
    for index, line in enumerate((body.get("item") or {}).get("items") or []):
        for name in line:
            if name not in LINE_NAMES and not name.startswith("custcol"):
                words = f"Unknown reference or field: {name}."
                raise refuse(400, "INVALID_CONTENT", words, f"item.items[{index}].{name}")
