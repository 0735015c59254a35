"""The sandbox's shelves: items, quantities per warehouse, commitments, and the stock ledger.

Settings: `ledger_warehouse` (off; on: the ledger names the warehouse), `stock_touches_item` (on;
off: an item's updated_at stays as it is when only its stock moves).
"""

from datetime import timedelta
from typing import Any

from connectors.catalog.whiplash.sandbox_bulk import bulk_of, id_of_sku, run_with
from connectors.catalog.whiplash.sandbox_search import later_than, time_text
from connectors.sandbox.world import Document, World

MAIN, SECOND = 1, 4
WAREHOUSES = {MAIN: ("Ann Arbor", "MI", "US"), SECOND: ("Ontario", "CA", "US")}
CATALOGUE = (
    ("EKM-TEE-S", "Organic Tee S", "24.00", 180),
    ("EKM-TEE-M", "Organic Tee M", "24.00", 190),
    ("EKM-TEE-L", "Organic Tee L", "24.00", 200),
    ("EKM-HOOD-M", "Zip Hoodie M", "59.90", 640),
    ("EKM-MUG", "Enamel Mug", "14.50", 210),
    ("EKM-CAP", "Canvas Cap", "19.95", 120),
    ("EKM-TOTE", "Market Tote", "12.00", 150),
    ("EKM-SOCK", "Wool Socks", "9.99", 80),
)


def seed_stock(world: World) -> None:
    """All of it has lain there since yesterday."""
    before = time_text(world.now() - timedelta(days=1))
    past = {"created_at": before, "updated_at": before}
    for index, (sku, title, price, weight) in enumerate(CATALOGUE):
        scancode = f"0850001000{index:02d}"
        item = make_item(world, sku=sku, title=title, price=price, grams=weight, scancode=scancode)
        change_stock(world, item, MAIN, 500, "Initial stock", quiet=True, **past)


def make_item(
    world: World, *, sku: str, title: str, price: str = "0.0", grams: int = 0, scancode: str = ""
) -> Document:
    number = world.next_id("item", 9001)
    item = _document(number, sku, title, price, grams, scancode, time_text(world.now()))
    world.table("skus").put(sku, {"item_id": number})
    return world.table("items").put(number, item)


def _document(
    number: int, sku: str, title: str, price: str, grams: int, scancode: str, now: str
) -> Document:
    return {
        "id": number,
        "sku": sku,
        "title": title,
        "description": None,
        "customer_id": 200,
        "created_at": now,
        "updated_at": now,
        "quantity": 0,
        "weight": f"{grams / 453.59237:.2f}",
        "available": True,
        "active": True,
        "price": price,
        "currency": "USD",
        "scancode": scancode or None,
        "is_bundle": False,
        "packaging": False,
        "promo": False,
        "returnable": True,
    }


def item_of(world: World, *, sku: Any = None, item_id: Any = None) -> Document | None:
    if item_id:
        return find_item(world, item_id)
    known = world.table("skus").get(sku) if sku else None
    number = known["item_id"] if known else id_of_sku(world, sku)
    return find_item(world, number) if number else None


def find_item(world: World, number: Any) -> Document | None:
    """The item as it is kept, else as the bulk tells it."""
    found = world.table("items").get(number)
    bulk = bulk_of(world)
    told = run_with(bulk, int(number)) if found is None and str(number).isdigit() else None
    if bulk is None or told is None:
        return found
    place = int(number) - bulk["first"] + 1
    sku, title = f"BULK-{place:07d}", f"Bulk {place}"
    return {**_document(int(number), sku, title, "10.0", 100, "", told[1]), "quantity": told[0]}


def shelf_of(world: World, item_id: int, warehouse: int) -> Document:
    """On hand, committed to orders, and set aside of one item in one warehouse."""
    found = world.table("shelves").get(f"{item_id}-{warehouse}")
    if found is not None:
        return found
    bulk = bulk_of(world)
    told = run_with(bulk, item_id) if bulk and bulk["warehouse"] == warehouse else None
    key = {"item_id": item_id, "warehouse_id": warehouse}
    return {**key, "quantity": told[0] if told else 0, "committed": 0, "quarantined": 0}


def sellable(shelf: Document) -> int:
    return int(shelf["quantity"] - shelf["committed"] - shelf.get("quarantined", 0))


def put_shelf(world: World, shelf: Document) -> None:
    world.table("shelves").put(f"{shelf['item_id']}-{shelf['warehouse_id']}", shelf)


def commit(world: World, item_id: int, warehouse: int, quantity: int) -> None:
    """Keep this many for an order; a negative number gives them back."""
    shelf = shelf_of(world, item_id, warehouse)
    shelf["committed"] += quantity
    put_shelf(world, shelf)
    touch_item(world, item_id)


def change_stock(
    world: World,
    item: Document,
    warehouse: int,
    change: int,
    description: str,
    *,
    event: str = "",
    quiet: bool = False,
    **more: Any,
) -> Document:
    """One entry of the stock ledger; `more` names the order or the shipnotice behind it."""
    shelf = shelf_of(world, item["id"], warehouse)
    shelf["quantity"] += change
    put_shelf(world, shelf)
    entry = write_entry(world, item["id"], warehouse, change, description, **more)
    touch_item(world, item["id"], event=event, quiet=quiet)
    return entry


def write_entry(
    world: World, item_id: int, warehouse: int, change: int, description: str, **more: Any
) -> Document:
    number = world.next_id("transaction", 70001)
    now = time_text(world.now())
    entry = {
        "id": number,
        "item_id": item_id,
        "order_id": None,
        "shipnotice_id": None,
        "user_id": 11,
        "rule_id": None,
        "description": description,
        "quantity": total_of(world, item_id),
        "change": change,
        "created_at": now,
        "updated_at": now,
        **more,
    }
    if world.setting("ledger_warehouse", False):
        entry["warehouse_id"] = warehouse
    return world.table("transactions").put(number, entry)


def touch_item(world: World, item_id: int, *, event: str = "", quiet: bool = False) -> None:
    """The item's available quantity anew, and who listens hears of it."""
    item = find_item(world, item_id)
    assert item is not None
    item["quantity"] = sum(sellable(shelf_of(world, item_id, place)) for place in WAREHOUSES)
    if world.setting("stock_touches_item", True):
        item["updated_at"] = later_than(item["updated_at"], world.now())
    world.table("items").put(item_id, item)
    if quiet:
        return
    for name in filter(None, (event, "item.inventory_changed")):
        world.notify(name, {"item": item, "event_name": name})


def total_of(world: World, item_id: int) -> int:
    return sum(shelf_of(world, item_id, place)["quantity"] for place in WAREHOUSES)


def warehouse_quantities(world: World, item_id: int) -> list[Document]:
    return [_warehouse_row(shelf_of(world, item_id, number), number) for number in WAREHOUSES]


def _warehouse_row(shelf: Document, number: int) -> Document:
    name, state, country = WAREHOUSES[number]
    return {
        "id": number,
        "name": name,
        "shipping_state": state,
        "shipping_country": country,
        "active": True,
        "quantity": shelf["quantity"],
        "projected_quantity": shelf["quantity"],
        "sellable_quantity": sellable(shelf),
    }
