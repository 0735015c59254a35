"""Documents as the record API shows them: links, references, sublists that open when asked.

Settings: `simple_enums` (list fields as a bare letter), `currency_name` (what the account calls its
dollar).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from connectors.catalog.netsuite.sandbox_bulk import find_item
from connectors.catalog.netsuite.sandbox_sql import STATUS_NAMES, WEIGHT_UNITS
from connectors.sandbox.world import Document, World

SHIP_NAMES = {"A": "Picked", "B": "Packed", "C": "Shipped"}
COLLECTION = "/services/rest/record/v1"


def home(world: World) -> str:
    return f"https://{world.account}.suitetalk.api.netsuite.com{COLLECTION}"


def _self(address: str) -> list[Document]:
    return [{"rel": "self", "href": address}]


def _link(world: World, record: str, found: Document | None, name: str) -> Document | None:
    if found is None:
        return None
    links = _self(f"{home(world)}/{record}/{found['id']}")
    return {"links": links, "id": str(found["id"]), "refName": str(found.get(name) or "")}


def _choice(world: World, letter: str, names: Mapping[str, str]) -> Any:
    """A list field; older versions show the letter alone."""
    if world.setting("simple_enums", False):
        return letter
    return {"id": letter, "refName": names.get(letter, letter)}


def _sublist(address: str, items: list[Document], is_open: bool) -> Document:
    if not is_open:
        return {"links": _self(address)}
    more = {"count": len(items), "hasMore": False, "offset": 0, "totalResults": len(items)}
    return {"links": _self(address), "items": items, **more}


def _address(address: str, found: Document | None, is_open: bool) -> Document:
    if not is_open or not found:
        return {"links": _self(address)}
    shown = {"links": _self(address), **found}
    if found.get("country"):
        shown["country"] = {"id": found["country"], "refName": found["country"]}
    return shown


def _item_link(world: World, line: Document) -> Document | None:
    item = find_item(world, line["item"])
    parent = find_item(world, (item or {}).get("parent"))
    found = _link(world, "inventoryItem", item, "itemId")
    if found and parent:
        found["refName"] = f"{parent['itemId']} : {found['refName']}"
    return found


def _order_line(world: World, order: Document, line: Document) -> Document:
    kept = ("line", "quantity", "rate", "amount", "isClosed", "quantityFulfilled", "quantityBilled")
    return {
        "links": _self(f"{home(world)}/salesOrder/{order['id']}/item/{line['line']}"),
        **{name: line.get(name) for name in kept},
        "item": _item_link(world, line),
        "description": line.get("description"),
        "location": _link(
            world, "location", world.table("location").get(line.get("location")), "name"
        ),
        "price": {"id": "-1", "refName": "Custom"},
        **line["custom"],
    }


def show_order(world: World, order: Document, is_open: bool) -> Document:
    here = f"{home(world)}/salesOrder/{order['id']}"
    lines = [_order_line(world, order, line) for line in order["lines"]] if is_open else []
    same = ("id", "tranId", "tranDate", "createdDate", "lastModifiedDate", "externalId")
    texts = ("otherRefNum", "memo", "email", "shippingCost", "subtotal", "total", "shipDate")
    status = _choice(world, order["status"], STATUS_NAMES)
    currency = str(world.setting("currency_name", "USD"))
    find = world.table
    return {
        "links": _self(here),
        **{name: order.get(name) for name in (*same, *texts)},
        "orderStatus": status,
        "status": status,
        "entity": _link(world, "customer", find("customer").get(order["entity"]), "entityId"),
        "location": _link(world, "location", find("location").get(order.get("location")), "name"),
        "shipMethod": _link(
            world, "shipItem", find("shipItem").get(order.get("shipMethod")), "name"
        ),
        "subsidiary": _link(
            world, "subsidiary", find("subsidiary").get(order["subsidiary"]), "name"
        ),
        "currency": {"links": [], "id": "1", "refName": currency},
        "exchangeRate": 1.0,
        "discountTotal": 0.0,
        "taxTotal": 0.0,
        "shippingAddress": _address(
            f"{here}/shippingAddress", order.get("shippingAddress"), is_open
        ),
        "billingAddress": _address(f"{here}/billingAddress", order.get("billingAddress"), is_open),
        "item": _sublist(f"{here}/item", lines, is_open),
    }


def show_fulfilment(world: World, one: Document, is_open: bool) -> Document:
    here = f"{home(world)}/itemFulfillment/{one['id']}"
    order = world.table("salesOrder").get(one["createdFrom"]) or {}
    source = {"id": one["createdFrom"], "name": f"Sales Order #{order.get('tranId')}"}
    same = ("id", "tranId", "tranDate", "createdDate", "lastModifiedDate", "externalId", "memo")
    lines = [
        {
            "line": line["line"],
            "orderLine": line["orderLine"],
            "item": _item_link(world, line),
            "quantity": line["quantity"],
            "itemReceive": True,
            "location": {"id": line["location"]},
            **line["custom"],
        }
        for line in one["lines"]
    ]
    return {
        "links": _self(here),
        **{name: one.get(name) for name in same},
        "shipStatus": _choice(world, one["shipStatus"], SHIP_NAMES),
        "createdFrom": _link(world, "salesOrder", source, "name"),
        "entity": _link(world, "customer", world.table("customer").get(one["entity"]), "entityId"),
        "item": _sublist(f"{here}/item", lines, is_open),
        "package": _sublist(f"{here}/package", one["packages"], is_open),
    }


def show_customer(world: World, customer: Document, is_open: bool) -> Document:
    here = f"{home(world)}/customer/{customer['id']}"
    book = customer.get("addressBook", [])
    shown = {name: value for name, value in customer.items() if name != "addressBook"}
    return {
        "links": _self(here),
        **shown,
        "addressBook": _sublist(f"{here}/addressBook", book, is_open),
    }


def show_item(world: World, item: Document, is_open: bool) -> Document:
    kept = ("id", "itemId", "displayName", "upcCode", "isInactive", "weight", "lastModifiedDate")
    unit = item.get("weightUnit")
    return {
        "links": _self(f"{home(world)}/inventoryItem/{item['id']}"),
        **{name: item.get(name) for name in kept},
        "externalId": item.get("externalId"),
        "weightUnit": {"id": str(unit), "refName": WEIGHT_UNITS[unit]} if unit else None,
        **item.get("custom", {}),
    }


def show_adjustment(world: World, one: Document, is_open: bool) -> Document:
    here = f"{home(world)}/inventoryAdjustment/{one['id']}"
    kept = ("id", "tranId", "tranDate", "createdDate", "lastModifiedDate", "externalId", "memo")
    lines = [
        {"line": line["line"], "item": {"id": line["item"]}, "adjustQtyBy": line["quantity"]}
        for line in one["lines"]
    ]
    return {
        "links": _self(here),
        **{name: one.get(name) for name in kept},
        "account": {"id": one["account"]},
        "inventory": _sublist(f"{here}/inventory", lines, is_open),
    }


def only(shown: Document, fields: Iterable[str]) -> Document:
    """The fields that were asked for, whatever their case; nothing asked is all."""
    wanted = {field.strip().lower() for field in fields if field.strip()}
    kept = {name: value for name, value in shown.items() if value is not None}
    if not wanted:
        return kept
    return {name: value for name, value in kept.items() if name.lower() in {*wanted, "links"}}


def show_page(world: World, record: str, ids: list[str], limit: int, offset: int) -> Document:
    """A collection tells ids only."""
    page = ids[offset : offset + limit]
    items = [{"links": _self(f"{home(world)}/{record}/{one}"), "id": one} for one in page]
    return page_of(f"{home(world)}/{record}", items, len(ids), limit, offset)


def page_of(address: str, items: list[Any], total: int, limit: int, offset: int) -> Document:
    def at(start: int) -> str:
        return f"{address}?limit={limit}&offset={start}"

    has_more = offset + len(items) < total
    links = [{"rel": "self", "href": at(offset)}]
    if has_more:
        links.insert(0, {"rel": "next", "href": at(offset + limit)})
    return {
        "links": links,
        "count": len(items),
        "hasMore": has_more,
        "items": items,
        "offset": offset,
        "totalResults": total,
    }
