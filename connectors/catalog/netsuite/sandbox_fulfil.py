"""The transform of a sales order to an item fulfilment.

Settings: `allow_overfulfilment` (False), `locations_required` (True).
"""

from collections.abc import Mapping
from decimal import Decimal

from connectors.catalog.netsuite.sandbox_errors import invalid, number, plain, user_error
from connectors.catalog.netsuite.sandbox_orders import (
    change_stock,
    check_period,
    claim,
    is_goods,
    keep_order,
    left_of,
    line_of,
    new_number,
    resolve,
    stamp,
    today,
)
from connectors.catalog.netsuite.sandbox_sql import save
from connectors.sandbox.world import Document, World


def fulfil(world: World, order: Document, body: Document) -> Document:
    """The transform to an item fulfilment: open lines ship in full unless the body says less."""
    if order["status"] not in ("B", "D", "E"):
        words = f"You can not initialize itemfulfillment: invalid reference {order['id']}."
        raise user_error(words)
    day = str(body.get("trandate") or today(world))
    check_period(world, day)
    lines = _fulfilled_lines(world, order, (body.get("item") or {}).get("items") or [])
    if not lines:
        raise user_error("You must fulfill at least one line item.", "item")
    status = body.get("shipstatus") or "C"
    now = stamp(world)
    made: Document = {
        "id": str(world.next_id("_transaction", 1000)),
        "tranDate": day,
        "createdDate": now,
        "lastModifiedDate": now,
        "entity": order["entity"],
        "createdFrom": order["id"],
        "shipStatus": str(status.get("id") if isinstance(status, Mapping) else status),
        "memo": body.get("memo"),
        "lines": lines,
        "packages": _packages((body.get("package") or {}).get("items") or []),
    }
    if made["shipStatus"] not in ("A", "B", "C"):
        raise invalid(made["shipStatus"], "shipStatus", "shipStatus")
    if body.get("externalid"):
        claim(world, "itemFulfillment", made, str(body["externalid"]))
    made["tranId"] = new_number(world, "_itemFulfillment", "IF", 501)
    _take(world, order, lines)
    save(world, "itemFulfillment", made)
    keep_order(world, order)
    return made


def _fulfilled_lines(world: World, order: Document, given: list[Document]) -> list[Document]:
    ready = [line for line in order["lines"] if is_goods(world, line) and left_of(line) > 0]
    listed: dict[str, Document] = {}
    for index, one in enumerate(given):
        found = line_of(ready, one.get("orderline"), f"item.items[{index}].orderLine")
        listed[str(found["line"])] = one
    made = []
    for line in ready:
        one = listed.get(str(line["line"]), {})
        if one.get("itemreceive", True) in (False, "F", "false"):
            continue
        made.append(_fulfilled_line(world, line, one))
    return [line for line in made if line["quantity"]]


def _fulfilled_line(world: World, line: Document, one: Document) -> Document:
    path = f"item.items[{line['line']}]"
    quantity = number(one.get("quantity", left_of(line)), "quantity", path)
    too_much = quantity > left_of(line) and not world.setting("allow_overfulfilment", False)
    if quantity < 0 or too_much:
        words = f"The quantity {quantity} is more than the remaining quantity {left_of(line)}."
        raise user_error(words, f"{path}.quantity")
    location = resolve(
        world, "location", one.get("location") or line.get("location"), "location", path
    )
    if location is None and world.setting("locations_required", True):
        raise user_error("Please enter value(s) for: Location", f"{path}.location")
    return {
        "line": line["line"],
        "orderLine": line["line"],
        "item": line["item"],
        "quantity": plain(quantity),
        "location": location,
        "description": line.get("description"),
        "custom": dict(line["custom"]),
    }


def _packages(given: list[Document]) -> list[Document]:
    made = []
    for index, one in enumerate(given):
        path = f"package.items[{index}].packageWeight"
        weight = number(one.get("packageweight", 0), "packageWeight", path)
        if weight <= 0:
            raise user_error("Please enter value(s) for: Weight", path)
        made.append(
            {
                "packageTrackingNumber": one.get("packagetrackingnumber"),
                "packageWeight": plain(weight),
                "packageDescr": one.get("packagedescr"),
            }
        )
    return made


def _take(world: World, order: Document, lines: list[Document]) -> None:
    """Off the shelf, and onto the order's lines."""
    for line in lines:
        own = line_of(order["lines"], line["line"], "orderLine")
        own["quantityFulfilled"] = plain(
            Decimal(str(own["quantityFulfilled"])) + Decimal(str(line["quantity"]))
        )
        if line["location"]:
            change_stock(world, f"{line['item']}-{line['location']}", on_hand=-line["quantity"])
