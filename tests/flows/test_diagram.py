"""The layout of the workflow, for any systems and whatever flows between them."""

from collections.abc import Sequence
from itertools import combinations, pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from flows.diagram import Box, Bundle, Drawing, draw

Pairs = Sequence[tuple[int, int]]
pairs = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=40, unique=True)


def drawing(count: int, pairs: Pairs, height: float = 60) -> Drawing:
    bundles = [Bundle(f"{a}>{b}", str(a % count), str(b % count), height) for a, b in pairs]
    return draw([str(number) for number in range(count)], bundles)


def overlap(one: Box, other: Box) -> bool:
    across = one.x < other.right and other.x < one.right
    return across and one.y < other.bottom and other.y < one.bottom


def is_at(point: tuple[float, float], box: Box) -> bool:
    """On its left or its right side."""
    x, y = point
    return x in (box.x, box.right) and box.y <= y <= box.bottom


@given(st.integers(1, 10), pairs, st.sampled_from([40, 60, 310]))
@example(3, [(0, 1), (1, 2), (2, 0), (2, 1), (1, 0), (0, 0)], 60)
def test_nothing_overlaps_and_every_wire_ends_at_its_boxes(
    count: int, pairs: Pairs, height: float
) -> None:
    found = drawing(count, pairs, height)
    boxes = [*found.systems.values(), *found.bundles.values()]
    assert len(found.systems) == count and len(found.bundles) == len(pairs)
    assert not any(overlap(one, other) for one, other in combinations(boxes, 2))
    for box in boxes:
        assert 0 <= box.x < box.right <= found.width
        assert 0 <= box.y < box.bottom <= found.height
    assert len(found.wires) == 2 * len(pairs)
    for wire in found.wires:
        start, end = found.systems[wire.system], found.bundles[wire.bundle]
        if wire.has_arrow:
            start, end = end, start
        assert is_at(wire.points[0], start) and is_at(wire.points[-1], end)
        for x, y in wire.points:
            assert 0 <= x <= found.width and 0 <= y <= found.height


@given(st.integers(2, 8), pairs)
def test_no_wire_crosses_a_box(count: int, pairs: Pairs) -> None:
    """It is beside the columns where it bends, and in a lane of its own where it goes through."""
    found = drawing(count, pairs)
    boxes = [*found.systems.values(), *found.bundles.values()]
    for wire in found.wires:
        for (x0, y0), (x1, y1) in pairwise(wire.points):
            low, high = sorted((x0, x1))
            for box in boxes:
                if low < box.right and box.x < high:
                    assert y0 == y1 and not box.y < y0 < box.bottom


def test_a_chain_reads_from_left_to_right() -> None:
    """And what leads back from its end stands in a box between the two."""
    found = drawing(3, [(0, 1), (1, 2), (2, 0)])
    first, second, third = (found.systems[id] for id in "012")
    assert first.right < second.x < second.right < third.x
    assert first.right < found.bundles["2>0"].x < second.x
    arrow = next(one for one in found.wires if one.bundle == "2>0" and one.has_arrow)
    assert arrow.points[-1][0] == first.right


def test_what_feeds_nothing_and_is_fed_by_nothing_is_there_all_the_same() -> None:
    assert set(drawing(4, [(0, 1)]).systems) == {"0", "1", "2", "3"}
    assert draw([], []).systems == {}
