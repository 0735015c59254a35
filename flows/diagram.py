"""Where the boxes and wires of the workflow stand. Pure: text and numbers in, numbers out.

Systems stand in columns from left to right, what flows between two of them in the gaps between the
columns. All that leads from one column to a farther one goes through a lane of its own there, so
that no wire crosses a box.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

SYSTEM_WIDTH, BUNDLE_WIDTH = 168, 248
SYSTEM_HEIGHT = 64  # at least: it grows with the wires of its fuller side
PORT = 14  # between two wires at the side of a system
LANE = 10
SPACE = 20  # between two boxes of a column
MARGIN = 27  # between two columns: wires bend here
EDGE = 10  # around it all
ARROW = 8
SWEEPS = 4

Point = tuple[float, float]


@dataclass(frozen=True)
class Bundle:
    """What flows from one system to another, drawn as one box of this height."""

    id: str
    source: str
    target: str
    height: float


@dataclass(frozen=True)
class Box:
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height


@dataclass(frozen=True)
class Wire:
    """From a system into the box of a bundle, or out of it (`has_arrow`) to the other system."""

    bundle: str
    system: str
    has_arrow: bool
    points: tuple[Point, ...]

    @property
    def path(self) -> str:
        """For `d`: bent where it changes its height, straight in its lanes."""
        (x, y), *_ = self.points
        said = [f"M{x:.0f} {y:.0f}"]
        for (x0, y0), (x1, y1) in pairwise(self.points):
            half = (x0 + x1) / 2
            bend = f"C{half:.0f} {y0:.0f} {half:.0f} {y1:.0f} {x1:.0f} {y1:.0f}"
            said.append(f"H{x1:.0f}" if y0 == y1 else bend)
        return "".join(said)

    @property
    def arrow(self) -> str:
        """Its head, for `d`."""
        (before, _), (x, y) = self.points[-2:]
        back = ARROW if before > x else -ARROW
        return f"M{x:.0f} {y:.0f}l{back} {-ARROW / 2:.0f}v{ARROW}z"


@dataclass(frozen=True)
class Drawing:
    """The view box begins at (0, 0). `systems` and `bundles` are by id."""

    width: int
    height: int
    systems: Mapping[str, Box]
    bundles: Mapping[str, Box]
    wires: Sequence[Wire]


@dataclass(eq=False)
class _Item:
    """What has a place of its own in a column: a box, or a lane that a wire goes through."""

    kind: str  # system, bundle or lane
    id: str
    column: int
    height: float
    beside: list["_Item"] = field(default_factory=list)
    y: float = 0

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


@dataclass(eq=False)
class _Link:
    """A wire while it is being laid: all that it passes, its ends among them."""

    bundle: str
    system: str
    has_arrow: bool
    items: list[_Item]


def draw(systems: Sequence[str], bundles: Sequence[Bundle]) -> Drawing:
    """In the order of the chain as far as it has one. Each end of a bundle is among `systems`.

    What hangs together is drawn together, one part below the other.
    """
    parts = [_draw_part(some, tied) for some, tied in _parts(systems, bundles)]
    width, top = 2 * EDGE, EDGE
    boxes: tuple[dict[str, Box], dict[str, Box]] = ({}, {})
    wires: list[Wire] = []
    for part in parts:
        for found, placed in zip(boxes, (part.systems, part.bundles), strict=True):
            found.update({id: replace(box, y=box.y + top) for id, box in placed.items()})
        for wire in part.wires:
            points = tuple((x, y + top) for x, y in wire.points)
            wires.append(replace(wire, points=points))
        width, top = max(width, part.width), top + part.height + SPACE
    return Drawing(width, max(top - SPACE, EDGE) + EDGE, *boxes, wires)


def _parts(
    systems: Sequence[str], bundles: Sequence[Bundle]
) -> Iterator[tuple[list[str], list[Bundle]]]:
    beside: dict[str, list[str]] = {id: [] for id in systems}
    for bundle in bundles:
        beside[bundle.source].append(bundle.target)
        beside[bundle.target].append(bundle.source)
    part_of: dict[str, str] = {}
    for first in systems:
        todo = [] if first in part_of else [first]
        while todo:
            here = todo.pop()
            if here not in part_of:
                part_of[here] = first
                todo += beside[here]
    parts: dict[str, tuple[list[str], list[Bundle]]] = {}
    for id in systems:
        parts.setdefault(part_of[id], ([], []))[0].append(id)
    for bundle in bundles:
        parts[part_of[bundle.source]][1].append(bundle)
    yield from parts.values()


def _draw_part(systems: Sequence[str], bundles: Sequence[Bundle]) -> Drawing:
    ranks = _rank(systems, bundles)
    columns: dict[int, list[_Item]] = defaultdict(list)
    ends = {id: _add(columns, _Item("system", id, 2 * ranks[id], 0)) for id in systems}
    links = _link_all(bundles, ends, columns)
    for link in links:
        for one, other in pairwise(link.items):
            one.beside.append(other)
            other.beside.append(one)
    for item in ends.values():
        ports = [sum(other.column > item.column for other in item.beside)]
        ports.append(len(item.beside) - ports[0])
        item.height = max(SYSTEM_HEIGHT, PORT * (max(ports) + 1))
    _order(columns)
    _stack(columns)
    return _finish(columns, links)


# --- Columns ------------------------------------------------------------------------------------


def _rank(systems: Sequence[str], bundles: Iterable[Bundle]) -> dict[str, int]:
    """How far right each stands: whatever would lead round in a circle leads back instead."""
    onward: dict[str, list[str]] = {id: [] for id in systems}
    for bundle in bundles:
        source, target = bundle.source, bundle.target
        if target not in onward[source] and not _leads(onward, target, source):
            onward[source].append(target)
    order = _sorted(systems, onward)
    ranks = dict.fromkeys(systems, 0)
    for id in order:
        for target in onward[id]:
            ranks[target] = max(ranks[target], ranks[id] + 1)
    fed = {target for targets in onward.values() for target in targets}
    for id in order:  # what nothing feeds stands close to what it feeds
        if id not in fed and onward[id]:
            ranks[id] = min(ranks[target] for target in onward[id]) - 1
    return ranks


def _leads(onward: Mapping[str, list[str]], start: str, end: str) -> bool:
    """A system leads to itself."""
    known, todo = {start}, [start]
    while todo:
        here = todo.pop()
        if here == end:
            return True
        fresh = [id for id in onward[here] if id not in known]
        known.update(fresh)
        todo += fresh
    return False


def _sorted(systems: Sequence[str], onward: Mapping[str, list[str]]) -> list[str]:
    """Each before what it feeds."""
    left = dict.fromkeys(systems, 0)
    for targets in onward.values():
        for id in targets:
            left[id] += 1
    found = [id for id in systems if not left[id]]
    for here in found:  # grows meanwhile
        for id in onward[here]:
            left[id] -= 1
            if not left[id]:
                found.append(id)
    return found


def _add(columns: dict[int, list[_Item]], item: _Item) -> _Item:
    columns[item.column].append(item)
    return item


def _link_all(
    bundles: Sequence[Bundle], ends: Mapping[str, _Item], columns: dict[int, list[_Item]]
) -> list[_Link]:
    """The box of a bundle stands in the gap between its ends that has most room as yet."""

    def gaps(bundle: Bundle) -> range:
        first, last = sorted((ends[bundle.source].column, ends[bundle.target].column))
        return range(first + 1, max(last, first + 2), 2)

    filled: dict[int, float] = defaultdict(float)
    chosen: dict[str, int] = {}
    for bundle in sorted(bundles, key=lambda one: len(gaps(one))):
        column = min(gaps(bundle), key=lambda at: (filled[at], at))
        filled[column] += bundle.height + SPACE
        chosen[bundle.id] = column
    return [link for bundle in bundles for link in _link(bundle, chosen[bundle.id], ends, columns)]


def _link(
    bundle: Bundle, column: int, ends: Mapping[str, _Item], columns: dict[int, list[_Item]]
) -> Iterator[_Link]:
    """Into its box and out of it, by a lane in each column that is passed."""
    box = _add(columns, _Item("bundle", bundle.id, column, bundle.height))
    for id, has_arrow in ((bundle.source, False), (bundle.target, True)):
        end = ends[id]
        step = 1 if end.column > column else -1
        passed = range(column + step, end.column, step)
        lanes = [_add(columns, _Item("lane", bundle.id, at, LANE)) for at in passed]
        way = [box, *lanes, end]
        yield _Link(bundle.id, id, has_arrow, way if has_arrow else way[::-1])


def _order(columns: Mapping[int, list[_Item]]) -> None:
    """From top to bottom by the middle of what each is tied to, so that few wires cross."""
    there_and_back = [*sorted(columns), *sorted(columns, reverse=True)]
    places = {item: place for column in columns.values() for place, item in enumerate(column)}
    for _ in range(SWEEPS):
        for at in there_and_back:
            column = columns[at]
            wanted = {
                item: sum(places[one] for one in item.beside) / len(item.beside)
                if item.beside
                else float("inf")
                for item in column
            }
            column.sort(key=lambda item: (wanted[item], places[item]))
            places.update({item: place for place, item in enumerate(column)})


def _stack(columns: Mapping[int, list[_Item]]) -> None:
    """Without overlap, each column as near to the middle of its neighbours as it can be."""
    for column in columns.values():
        y = 0.0
        for item in column:
            item.y, y = y, y + item.height + SPACE
    there_and_back = [*sorted(columns), *sorted(columns, reverse=True)]
    for at in there_and_back:
        _settle(columns[at])
    top = min((item.y for column in columns.values() for item in column), default=0.0)
    for column in columns.values():
        for item in column:
            item.y -= top


def _settle(column: list[_Item]) -> None:
    wanted = [
        sum(one.middle for one in item.beside) / len(item.beside) - item.height / 2
        if item.beside
        else item.y
        for item in column
    ]
    free = wanted[0]
    for item, y in zip(column, wanted, strict=True):
        item.y = max(free, y)
        free = item.y + item.height + SPACE
    off = sum(item.y - y for item, y in zip(column, wanted, strict=True)) / len(column)
    for item in column:
        item.y -= off


# --- Numbers ------------------------------------------------------------------------------------


def _finish(columns: Mapping[int, list[_Item]], links: Sequence[_Link]) -> Drawing:
    lefts, widths, x = dict[int, float](), dict[int, float](), float(EDGE)
    for at in range(min(columns, default=0), max(columns, default=-1) + 1):
        lefts[at], widths[at] = x, BUNDLE_WIDTH if at % 2 else SYSTEM_WIDTH
        x += widths[at] + MARGIN
    boxes = {
        item: Box(lefts[at], float(round(item.y)), widths[at], item.height)
        for at, column in columns.items()
        for item in column
    }
    kinds: dict[str, dict[str, Box]] = {"system": {}, "bundle": {}, "lane": {}}
    for item, box in boxes.items():
        kinds[item.kind][item.id] = box
    bottom = max((box.bottom for box in boxes.values()), default=0.0)
    return Drawing(
        width=round(max(x - MARGIN, 0) + EDGE),
        height=round(bottom),
        systems=kinds["system"],
        bundles=kinds["bundle"],
        wires=list(_wires(links, boxes)),
    )


def _wires(links: Sequence[_Link], boxes: Mapping[_Item, Box]) -> Iterator[Wire]:
    ports = _ports(links, boxes)
    for link in links:
        points: list[Point] = []
        for place, item in enumerate(link.items):
            box = boxes[item]
            before = link.items[place - 1] if place else None
            after = link.items[place + 1] if place + 1 < len(link.items) else None
            y = ports.get((link, item), box.middle)
            for other in (before, after):
                if other is not None:
                    points.append((box.right if other.column > item.column else box.x, y))
        yield Wire(link.bundle, link.system, link.has_arrow, tuple(points))


def _ports(links: Sequence[_Link], boxes: Mapping[_Item, Box]) -> dict[tuple[_Link, _Item], float]:
    """How high each wire meets its boxes: side by side in the order of what is at its other end."""
    sides: dict[tuple[_Item, bool], list[tuple[float, int, _Link]]] = defaultdict(list)
    for number, link in enumerate(links):
        for item, other in ((link.items[0], link.items[1]), (link.items[-1], link.items[-2])):
            on_right = other.column > item.column
            sides[item, on_right].append((boxes[other].middle, number, link))
    found = {}
    for (item, _), met in sides.items():
        step = boxes[item].height / (len(met) + 1)
        for place, (_, _, link) in enumerate(sorted(met, key=lambda one: one[:2]), start=1):
            found[link, item] = round(boxes[item].y + place * step, 1)
    return found
