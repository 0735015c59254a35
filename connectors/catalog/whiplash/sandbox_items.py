"""Lists of items, of however many there are: by runs of ids, without looking at every one.

Setting: `feed_share` (1.0): lists and counts show only that share of the items, as a sick feed.
"""

import json
from collections.abc import Iterator
from typing import Any

from connectors.catalog.whiplash.sandbox_bulk import Run, runs_of
from connectors.catalog.whiplash.sandbox_search import (
    PREDICATES,
    comparable,
    counted,
    listed,
    page_of,
    reply_with,
)
from connectors.catalog.whiplash.sandbox_stock import find_item, item_of
from connectors.sandbox.kit import Call, Reply
from connectors.sandbox.world import Document, World

SORTS = {"": "id", "id asc": "id", "updated_at asc,id asc": "updated_at"}
BOUNDS = {"id_gt": (1, None), "id_gteq": (0, None), "id_lt": (None, -1), "id_lteq": (None, 0)}


def list_items(world: World, call: Call) -> Reply:
    runs = _runs_asked(world, call)
    if runs is None:
        return listed(world, call, _rows_asked(world, call))
    page, size = page_of(world, call)
    start = (page - 1) * size
    rows = [_row(world, number) for number in _slice(runs, start, start + size)]
    return reply_with(call, rows, page, size, _size_of(runs))


def count_items(world: World, call: Call) -> Reply:
    runs = _runs_asked(world, call)
    if runs is None:
        return counted(world, call, _rows_asked(world, call))
    return Reply(200, {"count": _size_of(runs)})


def _runs_asked(world: World, call: Call) -> list[Run] | None:
    """The runs that match, in their order; None where single items must be looked at."""
    order = SORTS.get(call.query.get("sort", ""))
    search = _search(call)
    names = set(search) - set(BOUNDS)
    times = {name.removeprefix("updated_at_"): search[name] for name in names}
    is_plain = all(name.startswith("updated_at_") for name in names) and set(times) <= set(
        PREDICATES
    )
    if order is None or not is_plain:
        return None
    found = _shown(world)
    for name, (more, less) in BOUNDS.items():
        if name in search:
            start = int(search[name]) + more if more is not None else 0
            end = int(search[name]) + less if less is not None else None
            found = _within(found, start, end)
    for predicate, value in times.items():
        moment, test = comparable("updated_at", value), PREDICATES[predicate]
        found = [run for run in found if test(run.at, moment)]
    return found if order == "id" else sorted(found, key=lambda run: (run.at, run.start))


def _size_of(runs: list[Run]) -> int:
    return sum(run.size for run in runs)


def _search(call: Call) -> dict[str, Any]:
    try:
        found = json.loads(call.query.get("search") or "{}")
    except ValueError:
        return {"": None}  # no plain search; the list itself refuses it
    return found if isinstance(found, dict) else {"": None}


def _rows_asked(world: World, call: Call) -> Iterator[Document]:
    """The items that may match: those that the search names, else all that there are."""
    search, shown = _search(call), _shown(world)
    if "id_in" in search or "id_eq" in search:
        named = search.get("id_in", [search.get("id_eq")])
        found = [find_item(world, number) for number in dict.fromkeys(map(int, named))]
    elif "sku_in" in search or "sku_eq" in search:
        skus = search.get("sku_in", [search.get("sku_eq")])
        found = [item_of(world, sku=sku) for sku in dict.fromkeys(skus)]
    else:
        return (_row(world, number) for run in shown for number in range(run.start, run.end + 1))
    last = shown[-1].end if shown else 0
    return (item for item in found if item is not None and item["id"] <= last)


def _row(world: World, number: int) -> Document:
    found = find_item(world, number)
    assert found is not None
    return found


def _shown(world: World) -> list[Run]:
    """The first items only, where the feed is sick."""
    runs = runs_of(world)
    share = float(world.setting("feed_share", 1.0))
    if share >= 1.0:
        return runs
    left = int(_size_of(runs) * share)
    beyond = next(_slice(runs, left, left + 1), None)
    return runs if beyond is None else _within(runs, 0, beyond - 1)


def _within(runs: list[Run], start: int, end: int | None) -> list[Run]:
    """What lies between these ids, both included."""
    last = end if end is not None else (runs[-1].end if runs else 0)
    cut = (Run(max(a, start), min(b, last), at) for a, b, at in runs if b >= start and a <= last)
    return [run for run in cut if run.size > 0]


def _slice(runs: list[Run], start: int, end: int) -> Iterator[int]:
    """The ids at these places."""
    for run in runs:
        if end <= 0:
            return
        yield from range(run.start + max(start, 0), min(run.start + end, run.end + 1))
        start, end = start - run.size, end - run.size
