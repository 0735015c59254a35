"""A big catalogue at no cost: items told by arithmetic, of which only what differs is kept.

One document says how many items BULK-0000001, BULK-0000002, ... there are and how many lie on the
shelf of each. What changes in a whole range is one more line in it; an item or a level that goes
its own way is a document like any other, and comes before what is told here.
"""

import re
from collections.abc import Iterator
from typing import Any

from connectors.sandbox.world import Document, World

SKU = re.compile(r"BULK-(\d{7,})")
PRICE = 10.0


def bulk_of(world: World) -> Document | None:
    return world.table("_bulk").get("bulk")


def keep_bulk(world: World, bulk: Document) -> Document:
    return world.table("_bulk").put("bulk", bulk)


def reserve_items(world: World, count: int) -> int:
    """The first of so many item ids in a row, which nothing else will get."""
    first = world.next_id("_item")
    world.table("_counters").put("_item", {"last": first + count - 1})
    return first


def sku_of(number: int) -> str:
    return f"BULK-{number:07d}"


def find_item(world: World, item_id: Any) -> Document | None:
    return world.table("item").get(item_id) or _bulk_item(world, item_id)


def find_sku(world: World, sku: str) -> Document | None:
    """The first item of this SKU."""
    bulk, told = bulk_of(world), SKU.fullmatch(sku)
    if bulk and told:
        found = find_item(world, bulk["first"] + int(told[1]) - 1)
        if found and found["itemId"] == sku:
            return found
    return next(iter(world.table("item").where(itemId=sku)), None)


def find_level(world: World, key: str) -> Document | None:
    """What lies of one item at one location; `key` is «item-location»."""
    return world.table("stock").get(key) or _bulk_level(world, key)


def levels_within(world: World, start: int, end: int, location: str) -> Iterator[Document]:
    """The levels of these items that go their own way."""
    for level in world.table("stock"):
        if level["location"] == location and start <= int(level["item"]) <= end:
            yield level


def _number_in(bulk: Document | None, item_id: Any) -> int:
    """Which of the bulk it is, from 1 on; 0 is none."""
    if bulk is None or not str(item_id).isdigit():
        return 0
    number = int(item_id) - int(bulk["first"]) + 1
    return number if 1 <= number <= bulk["count"] else 0


def _bulk_item(world: World, item_id: Any) -> Document | None:
    bulk = bulk_of(world)
    number = _number_in(bulk, item_id)
    if bulk is None or not number:
        return None
    return {
        "id": str(item_id),
        "itemId": sku_of(number),
        "displayName": f"Bulk {number}",
        "itemType": "InvtPart",
        "isInactive": False,
        "price": PRICE,
        "lastModifiedDate": bulk["at"],
    }


def _bulk_level(world: World, key: str) -> Document | None:
    bulk = bulk_of(world)
    item, _, location = key.partition("-")
    if bulk is None or location != bulk["location"] or not _number_in(bulk, item):
        return None
    quantity, at = bulk["quantity"], bulk["at"]
    for start, end, changed, when in bulk["changes"]:
        if start <= int(item) <= end:
            quantity, at = changed, when
    level = {"item": item, "location": location, "onHand": quantity}
    return {**level, "reserved": 0, "onOrder": 0, "lastChange": at}
