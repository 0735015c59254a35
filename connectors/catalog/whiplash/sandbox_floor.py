"""What people do on the warehouse's floor: count, receive, put away, set aside.

Setting: `move_ledger` (what the stock ledger says of goods that are set aside: "none", nothing;
"zero", an entry that changes nothing; "sellable", as if they had left).
"""

from datetime import timedelta
from typing import Any

from connectors.catalog.whiplash import sandbox_orders as orders
from connectors.catalog.whiplash import sandbox_stock as stock
from connectors.catalog.whiplash.sandbox_access import person, refuse
from connectors.catalog.whiplash.sandbox_bulk import bulk_of, change_bulk, make_bulk
from connectors.catalog.whiplash.sandbox_search import later_than, time_text
from connectors.sandbox.world import Document, World


def _item(world: World, given: Document) -> Document:
    item = stock.item_of(world, sku=given["sku"])
    if item is None:
        raise refuse(404, f"No item {given['sku']}")
    return item


def _place(given: Document) -> int:
    return int(given.get("warehouse") or given.get("location") or stock.MAIN)


class FloorControls:
    """All take a `sku`, and the main `warehouse` where none is named."""

    @person("adjust")
    def adjust(self, world: World, given: Document) -> Any:
        """`change` (or `count`: what was counted), `reason`."""
        item, place = _item(world, given), _place(given)
        change = given.get("change")
        if change is None:
            change = int(given["count"]) - stock.shelf_of(world, item["id"], place)["quantity"]
        event = "item.inventory_adjusted"
        said = str(given.get("reason") or "Cycle count")
        entry = stock.change_stock(world, item, place, int(change), said, event=event)
        world.journal("item.adjusted", str(item["id"]), sku=item["sku"], change=change)
        orders.allocate_waiting(world)
        return entry

    @person("count")
    def count(self, world: World, given: Document) -> Any:
        """`counted`: a cycle count."""
        return self.adjust(world, {"reason": "Cycle count", **given, "count": given["counted"]})

    @person("damage")
    def damage(self, world: World, given: Document) -> Any:
        """`quantity` that is thrown away."""
        return self.adjust(world, {"reason": "Damaged", **given, "change": -int(given["quantity"])})

    @person("receive")
    def receive(self, world: World, given: Document) -> Any:
        """`quantity` from a supplier."""
        item, place = _item(world, given), _place(given)
        notice = world.next_id("shipnotice", 7001)
        entry = stock.change_stock(
            world,
            item,
            place,
            int(given["quantity"]),
            f"Received shipnotice {notice}",
            event="item.inventory_received",
            shipnotice_id=notice,
        )
        orders.allocate_waiting(world)
        return entry

    @person("putaway")
    def putaway(self, world: World, given: Document) -> Any:
        """`quantity` of an inbound shipment, put away."""
        return self.receive(world, given)

    @person("move")
    def move(self, world: World, given: Document) -> Any:
        """`quantity` of what lies there, `to` "quarantine" or "sellable" again."""
        item, place, count = _item(world, given), _place(given), int(given["quantity"])
        shelf = stock.shelf_of(world, item["id"], place)
        aside = shelf.get("quarantined", 0)
        sign = {"quarantine": 1, "sellable": -1}.get(given["to"], 0)
        room = shelf["quantity"] - aside if sign > 0 else aside
        if not sign or not 0 < count <= room:
            raise refuse(422, f"{count} of {item['sku']} cannot be moved to {given['to']}")
        stock.put_shelf(world, {**shelf, "quarantined": aside + sign * count})
        ledger = world.setting("move_ledger", "none")
        if ledger != "none":
            change = -sign * count if ledger == "sellable" else 0
            stock.write_entry(world, item["id"], place, change, f"Moved {count} to {given['to']}")
        stock.touch_item(world, item["id"])
        orders.allocate_waiting(world)
        return stock.warehouse_quantities(world, item["id"])

    @person("bulk")
    def bulk(self, world: World, given: Document) -> Any:
        """`count` items BULK-0000001..., as if they had lain there since yesterday: `quantity` of
        each at one `location`. Once in a world."""
        count, place, known = int(given["count"]), _place(given), bulk_of(world)
        if known is not None and (known["count"], known["warehouse"]) != (count, place):
            raise refuse(422, f"There is a bulk of {known['count']} items already")
        at = time_text(world.now() - timedelta(days=1))
        known = known or make_bulk(world, count, int(given["quantity"]), place, at)
        return {"count": count, "first": known["first"]}

    @person("bulk_change")
    def bulk_change(self, world: World, given: Document) -> Any:
        """`quantity` of the items `from` ... `to` of the bulk, numbered from 1; neither a webhook
        nor the ledger tells it."""
        bulk = bulk_of(world)
        if bulk is None:
            raise refuse(404, "There is no bulk")
        start = bulk["first"] + int(given["from"]) - 1
        end = bulk["first"] + min(int(given["to"]), bulk["count"]) - 1
        quantity = int(given["quantity"])
        at = later_than(max(run[3] for run in bulk["runs"]), world.now())
        change_bulk(world, bulk, start, end, quantity, at)
        for item in world.table("items"):
            if start <= item["id"] <= end:
                shelf = stock.shelf_of(world, item["id"], bulk["warehouse"])
                stock.put_shelf(world, {**shelf, "quantity": quantity})
                stock.touch_item(world, item["id"], quiet=True)
        return {"changed": end - start + 1}
