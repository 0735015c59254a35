"""A big catalogue at no cost: items told by arithmetic, of which only what differs is kept.

One document says which ids the items BULK-0000001, BULK-0000002, ... have, and in runs of ids how
many lie on the shelf of each and when that changed. An item or a shelf that goes its own way is a
document like any other, and comes before what is told here.
"""

import re
from bisect import bisect_right
from typing import Any, NamedTuple

from connectors.sandbox.world import Document, World

SKU = re.compile(r"BULK-(\d{7,})")


class Run(NamedTuple):
    """Items in a row, by their ids, that changed at one time."""

    start: int
    end: int
    at: str

    @property
    def size(self) -> int:
        return self.end - self.start + 1


def bulk_of(world: World) -> Document | None:
    return world.table("_bulk").get("bulk")


def make_bulk(world: World, count: int, quantity: int, warehouse: int, at: str) -> Document:
    first = world.next_id("item")
    world.table("_counters").put("item", {"last": first + count - 1})
    told = {"first": first, "count": count, "warehouse": warehouse}
    runs = [[first, first + count - 1, quantity, at]]
    return world.table("_bulk").put("bulk", {**told, "runs": runs})


def change_bulk(world: World, bulk: Document, start: int, end: int, quantity: int, at: str) -> None:
    """Cut what is there, and put the changed run between."""
    before = [[a, min(b, start - 1), *rest] for a, b, *rest in bulk["runs"] if a < start]
    after = [[max(a, end + 1), b, *rest] for a, b, *rest in bulk["runs"] if b > end]
    bulk["runs"] = [*before, [start, end, quantity, at], *after]
    world.table("_bulk").put("bulk", bulk)


def run_with(bulk: Document | None, number: int) -> tuple[int, str] | None:
    """The quantity of this item, and when it changed; None where it is not of the bulk."""
    if bulk is None or not 0 <= number - bulk["first"] < bulk["count"]:
        return None
    found = bulk["runs"][bisect_right(bulk["runs"], [number + 1]) - 1]
    return found[2], found[3]


def id_of_sku(world: World, sku: Any) -> int | None:
    """The id that a SKU of the bulk amounts to."""
    bulk, told = bulk_of(world), SKU.fullmatch(str(sku))
    if bulk is None or told is None or not 1 <= int(told[1]) <= bulk["count"]:
        return None
    return int(bulk["first"]) + int(told[1]) - 1


def runs_of(world: World) -> list[Run]:
    """All items of the world, told or kept, by their ids; remembered until one changes."""
    kept, told = world.table("items"), world.table("_bulk")
    state = (kept.changes, told.changes)
    known = vars(world).get("runs")
    if known is None or known[0] != state:
        known = vars(world)["runs"] = (state, _find_runs(kept.values(), bulk_of(world)))
    runs: list[Run] = known[1]
    return runs


def _find_runs(kept: list[Document], bulk: Document | None) -> list[Run]:
    alone = sorted(Run(item["id"], item["id"], item["updated_at"]) for item in kept)
    if bulk is None:
        return alone
    found: list[Run] = list(alone)
    cuts = [one.start for one in alone]
    for start, end, _, at in bulk["runs"]:
        for cut in cuts[bisect_right(cuts, start - 1) : bisect_right(cuts, end)]:
            if cut > start:
                found.append(Run(start, cut - 1, at))
            start = cut + 1
        if start <= end:
            found.append(Run(start, end, at))
    return sorted(found)
