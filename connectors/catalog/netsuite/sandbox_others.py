"""Customers and inventory adjustments as NetSuite keeps them.

Setting: `adjustment_fields` (the custom fields that adjustments and their lines have).
"""

from typing import Any

from connectors.catalog.netsuite.sandbox_bulk import find_item
from connectors.catalog.netsuite.sandbox_errors import number, plain, user_error
from connectors.catalog.netsuite.sandbox_orders import (
    change_stock,
    check_period,
    new_number,
    read_address,
    resolve,
    stamp,
    text_of,
    today,
    too_long,
)
from connectors.catalog.netsuite.sandbox_sql import save
from connectors.sandbox.world import Document, World

NAMES = {
    "firstname": "firstName",
    "lastname": "lastName",
    "companyname": "companyName",
    "email": "email",
    "phone": "phone",
    "comments": "comments",
    "isperson": "isPerson",
    "isinactive": "isInactive",
}
LENGTHS = {"firstname": 32, "lastname": 32, "companyname": 83, "phone": 21}


def write_customer(
    world: World, found: Document | None, body: Document, replace: set[str], external_id: str
) -> Document:
    customer = found or {"id": "", "isPerson": True, "isInactive": False, "addressBook": []}
    for name, field in NAMES.items():
        if name in body:
            customer[field] = _value(name, body[name])
    customer["externalId"] = external_id or customer.get("externalId")
    wanted = ("firstName", "lastName") if customer["isPerson"] else ("companyName",)
    empty = [name for name in wanted if not customer.get(name)]
    if empty:
        raise user_error(f"Please enter value(s) for: {', '.join(empty)}", empty[0])
    _refuse_same_email(world, customer)
    if "subsidiary" in body:
        resolve(world, "subsidiary", body["subsidiary"], "subsidiary", "subsidiary")
    _write_book(customer, (body.get("addressbook") or {}).get("items") or [], replace)
    if not customer["id"]:
        customer["id"] = str(world.next_id("_customer", 111))
        customer["entityId"] = new_number(world, "_entity", "CUST", 201)
    customer["lastModifiedDate"] = stamp(world)
    save(world, "customer", customer)
    return customer


def _value(name: str, value: Any) -> Any:
    if name in LENGTHS and value is not None and len(str(value)) > LENGTHS[name]:
        raise too_long(name, LENGTHS[name])
    return value if isinstance(value, bool) or value is None else text_of(value, name)


def _refuse_same_email(world: World, customer: Document) -> None:
    if not world.setting("refuse_same_email", False) or not customer.get("email"):
        return
    same = world.table("customer").where(email=customer["email"])
    if any(one["id"] != customer["id"] for one in same):
        words = "A customer record with this e-mail address already exists."
        raise user_error(words, "email")


def _write_book(customer: Document, given: list[Document], replace: set[str]) -> None:
    if "addressbook" in replace and given:
        customer["addressBook"] = []
    for one in given:
        book = customer.setdefault("addressBook", [])
        address = read_address(one.get("addressbookaddress"), "addressBookAddress")
        defaults = {
            "defaultShipping": bool(one.get("defaultshipping")),
            "defaultBilling": bool(one.get("defaultbilling")),
        }
        book.append({"id": len(book) + 1, **defaults, "addressBookAddress": address})


def write_adjustment(world: World, body: Document, external_id: str) -> Document:
    account = resolve(world, "account", body.get("account"), "account", "account")
    if account is None:
        raise user_error("Please enter value(s) for: Adjustment Account", "account")
    day = str(body.get("trandate") or today(world))
    check_period(world, day)
    place = resolve(world, "location", body.get("adjlocation"), "adjLocation", "adjLocation")
    lines = _adjusted_lines(world, (body.get("inventory") or {}).get("items") or [])
    now = stamp(world)
    made: Document = {
        "id": str(world.next_id("_transaction", 1000)),
        "tranId": new_number(world, "_adjustment", "ADJ", 1),
        "externalId": external_id or None,
        "tranDate": day,
        "createdDate": now,
        "lastModifiedDate": now,
        "account": account,
        "location": place,
        "memo": body.get("memo"),
        "custom": _custom(world, body),
        "lines": lines,
    }
    for line in lines:
        change_stock(world, f"{line['item']}-{line['location']}", on_hand=line["quantity"])
    save(world, "inventoryAdjustment", made)
    return made


def _adjusted_lines(world: World, given: list[Document]) -> list[Document]:
    if not given:
        raise user_error("You must enter at least one line item for this transaction.", "inventory")
    lines = []
    for index, one in enumerate(given):
        path = f"inventory.items[{index}]"
        line = {
            "line": index + 1,
            "item": resolve(world, "item", one.get("item"), "item", f"{path}.item"),
            "location": resolve(world, "location", one.get("location"), "location", path),
            "quantity": plain(number(one.get("adjustqtyby"), "adjustQtyBy", path)),
            "custom": _custom(world, one),
        }
        item = find_item(world, line["item"])
        if item is None or line["location"] is None:
            raise user_error("Please enter value(s) for: Item, Location", path)
        if item["isInactive"]:
            raise user_error(f"The item {item['itemId']} is inactive.", path)
        lines.append(line)
    return lines


def _custom(world: World, given: Document) -> Document:
    """Custom fields; one that the account does not have is passed over."""
    return {name: given[name] for name in world.setting("adjustment_fields", []) if name in given}
