"""What each document of the world is in SuiteQL's tables: which rows replace which."""

from collections.abc import Callable
from typing import Any, Protocol

from connectors.catalog.netsuite.sandbox_bulk import find_item
from connectors.sandbox.world import Document, World

DATE = "\x01"  # marks a stored time, which a bare SELECT shows as the account's date format


class Mirrored(Protocol):
    """What the rows need of the mirror: its custom columns, and times on its clock."""

    line_columns: tuple[str, ...]
    item_columns: tuple[str, ...]

    def time(self, text: str) -> str: ...


Rows = list[tuple[str, dict[str, Any], list[dict[str, Any]]]]


def _flag(value: Any) -> str:
    return "T" if value else "F"


def _order_rows(mirror: Mirrored, world: World, order: Document) -> Rows:
    return _transaction_rows(mirror, world, order, "SalesOrd", order["status"], order["entity"])


def _fulfilment_rows(mirror: Mirrored, world: World, one: Document) -> Rows:
    return _transaction_rows(mirror, world, one, "ItemShip", one["shipStatus"], one["entity"])


def _adjustment_rows(mirror: Mirrored, world: World, one: Document) -> Rows:
    return _transaction_rows(mirror, world, one, "InvAdjst", None, None)


def _transaction_rows(
    mirror: Mirrored, world: World, one: Document, kind: str, status: Any, entity: Any
) -> Rows:
    head = {
        "id": one["id"],
        "tranid": one["tranId"],
        "type": kind,
        "trandate": f"{DATE}{one['tranDate']} 00:00:00",
        "status": status,
        "entity": entity,
        "externalid": one.get("externalId"),
        "createddate": mirror.time(one["createdDate"]),
        "lastmodifieddate": mirror.time(one["lastModifiedDate"]),
        "otherrefnum": one.get("otherRefNum"),
        "foreigntotal": one.get("total"),
        "memo": one.get("memo"),
    }
    lines = [{"transaction": one["id"], "id": 0, "mainline": "T", "taxline": "F"}]
    lines += [_line_row(mirror, world, one, line) for line in one["lines"]]
    return [
        ("transaction", {"id": one["id"]}, [head]),
        ("transactionline", {"transaction": one["id"]}, lines),
    ]


def _line_row(mirror: Mirrored, world: World, one: Document, line: Document) -> dict[str, Any]:
    custom = line.get("custom", {})
    sign = -1 if "quantityFulfilled" in line else 1  # sales lines are negative in SuiteQL
    item = find_item(world, line["item"]) or {}
    return {
        "transaction": one["id"],
        "id": line["line"],
        "linesequencenumber": line["line"],
        "mainline": "F",
        "taxline": "F",
        "item": line["item"],
        "itemtype": item.get("itemType"),
        "quantity": sign * float(line["quantity"]),
        "quantityshiprecv": line.get("quantityFulfilled"),
        "quantitybilled": line.get("quantityBilled"),
        "location": line.get("location"),
        "isclosed": _flag(line.get("isClosed")),
        "createdfrom": one.get("createdFrom"),
        "rate": line.get("rate"),
        "netamount": line.get("amount"),
        **{name: custom.get(name) for name in mirror.line_columns},
    }


def _item_rows(mirror: Mirrored, world: World, item: Document) -> Rows:
    parent = find_item(world, item.get("parent"))
    row = {
        "id": item["id"],
        "itemid": item["itemId"],
        "fullname": f"{parent['itemId']} : {item['itemId']}" if parent else item["itemId"],
        "displayname": item.get("displayName"),
        "storedescription": item.get("storeDescription"),
        "itemtype": item["itemType"],
        "upccode": item.get("upcCode"),
        "isinactive": _flag(item["isInactive"]),
        "weight": item.get("weight"),
        "weightunit": item.get("weightUnit"),
        "externalid": item.get("externalId"),
        "parent": item.get("parent"),
        "matrixtype": item.get("matrixType"),
        "cost": item.get("cost"),
        "lastmodifieddate": mirror.time(item["lastModifiedDate"]),
        **{name: item.get("custom", {}).get(name) for name in mirror.item_columns},
    }
    prices = [{"item": item["id"], "pricelevel": 1, "price": item.get("price")}]
    return [("item", {"id": item["id"]}, [row]), ("itemprice", {"item": item["id"]}, prices)]


def _location_rows(mirror: Mirrored, world: World, place: Document) -> Rows:
    row = {"id": place["id"], "name": place["name"], "fullname": place["name"]}
    row["isinactive"] = _flag(place.get("isInactive"))
    return [("location", {"id": place["id"]}, [{**row, "subsidiary": 1}])]


def _customer_rows(mirror: Mirrored, world: World, customer: Document) -> Rows:
    row = {
        "id": customer["id"],
        "entityid": customer["entityId"],
        "email": customer.get("email"),
        "firstname": customer.get("firstName"),
        "lastname": customer.get("lastName"),
        "companyname": customer.get("companyName"),
        "phone": customer.get("phone"),
        "isperson": _flag(customer.get("isPerson")),
        "isinactive": _flag(customer.get("isInactive")),
        "externalid": customer.get("externalId"),
        "lastmodifieddate": mirror.time(customer["lastModifiedDate"]),
    }
    return [("customer", {"id": customer["id"]}, [row])]


def _stock_rows(mirror: Mirrored, world: World, level: Document) -> Rows:
    on_hand, reserved = float(level["onHand"]), float(level["reserved"])
    changed = level.get("lastChange")
    key = {"item": level["item"], "location": level["location"]}
    row = {
        **key,
        "quantityonhand": on_hand,
        "quantityavailable": max(0.0, on_hand - reserved),
        "quantitycommitted": max(0.0, min(on_hand, reserved)),
        "quantityonorder": level.get("onOrder"),
        "quantitybackordered": max(0.0, reserved - max(0.0, on_hand)),
        "lastquantityavailablechange": mirror.time(changed) if changed else None,
    }
    return [("aggregateitemlocation", key, [row])]


VIEWS: dict[str, Callable[[Mirrored, World, Document], Rows]] = {
    "salesOrder": _order_rows,
    "itemFulfillment": _fulfilment_rows,
    "inventoryAdjustment": _adjustment_rows,
    "item": _item_rows,
    "location": _location_rows,
    "customer": _customer_rows,
    "stock": _stock_rows,
}
