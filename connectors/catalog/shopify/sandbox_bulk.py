"""A catalogue of any size at no cost: all of a product follows from its number, and only the
levels that were touched are kept."""

import re
import sys
from collections.abc import Iterable, Iterator

from connectors.catalog.shopify.sandbox_ids import first_id, now
from connectors.catalog.shopify.sandbox_money import Doc
from connectors.sandbox.world import World

_SKU = re.compile(r"BULK-(\d{7,})", re.I)
_APART = 50_000_000_000_000  # above all ids that the shop gives one by one
FIRST = {
    kind: first_id(kind) + _APART - 1 for kind in ("Product", "ProductVariant", "InventoryItem")
}


def make(world: World, count: int, quantity: int, location_id: int) -> None:
    """Products 1 to `count`, each with `quantity` at one location."""
    world.table("bulk").put(
        "shop", {"count": count, "quantity": quantity, "location": location_id, "at": now(world)}
    )


def _shop(world: World) -> Doc:
    return world.table("bulk").get("shop") or {"count": 0}


def sku_of(number: int) -> str:
    return f"BULK-{number:07d}"


def number_of(world: World, id_or_sku: int | str, kind: str = "") -> int:
    """Which product has this SKU, or this id of a kind; 0 for none."""
    if isinstance(id_or_sku, str):
        match = _SKU.fullmatch(id_or_sku)
        number = int(match.group(1)) if match else 0
    else:
        number = id_or_sku - FIRST[kind]
    if not 0 < number <= _shop(world)["count"]:
        return 0
    return 0 if world.table("bulk_gone").get(number) else number


def delete(world: World, number: int) -> None:
    world.table("bulk_gone").put(number, {"gone": True})


def variant(world: World, number: int) -> Doc:
    at = _shop(world)["at"]
    return {
        "id": FIRST["ProductVariant"] + number,
        "product_id": FIRST["Product"] + number,
        "item_id": FIRST["InventoryItem"] + number,
        "sku": sku_of(number),
        "barcode": None,
        "price": "10.00",
        "compare_at": None,
        "options": {"Title": "Default Title"},
        "grams": 100,
        "tracked": True,
        "cost": None,
        "created_at": at,
        "updated_at": at,
    }


def variants(world: World, numbers: Iterable[int]) -> Iterator[Doc]:
    return (variant(world, n) for n in numbers if not world.table("bulk_gone").get(n))


def count(world: World) -> int:
    return int(_shop(world)["count"])


# --- Levels ---------------------------------------------------------------------------------


def level(world: World, number: int, location_id: int) -> Doc | None:
    shop = _shop(world)
    kept = world.table("bulk_levels").get(f"{location_id}-{number}")
    if kept is None:
        if location_id != shop["location"]:
            return None
        kept = {"available": shop["quantity"], "committed": 0, "at": shop["at"]}
    return {
        "item_id": FIRST["InventoryItem"] + number,
        "location_id": location_id,
        "available": kept["available"],
        "committed": kept["committed"],
        "writes": kept.get("writes", 0),
        "created_at": shop["at"],
        "updated_at": kept["at"],
    }


def keep(world: World, number: int, level: Doc) -> None:
    kept = {name: level[name] for name in ("available", "committed", "writes")}
    kept["at"] = sys.intern(level["updated_at"])  # a million levels share few times
    world.table("bulk_levels").put(f"{level['location_id']}-{number}", kept)


def levels(world: World, number: int) -> list[Doc]:
    places = (one["id"] for one in world.table("locations"))
    return [found for place in places if (found := level(world, number, place))]
