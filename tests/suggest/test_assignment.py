"""The best assignment, against trying them all."""

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from flows.suggest.assignment import assign

GAINS = st.integers(0, 5).flatmap(
    lambda columns: st.lists(
        st.lists(st.integers(-8, 8), min_size=columns, max_size=columns), max_size=5
    )
)


def gain_of(gains: list[list[int]], chosen: list[int | None]) -> int:
    return sum(gains[row][at] for row, at in enumerate(chosen) if at is not None)


def best_by_trying(gains: list[list[int]]) -> int:
    columns = len(gains[0]) if gains else 0
    places: list[int | None] = [*range(columns), *[None] * len(gains)]
    return max(gain_of(gains, list(chosen)) for chosen in permutations(places, len(gains)))


@settings(deadline=None)
@given(GAINS)
def test_no_other_assignment_gains_more(gains: list[list[int]]) -> None:
    chosen = assign(gains)
    given_away = [column for column in chosen if column is not None]
    assert len(set(given_away)) == len(given_away)
    assert gain_of(gains, chosen) == best_by_trying(gains)


def test_a_worse_pair_gives_way_to_a_better_sum() -> None:
    assert assign([[9.0, 8.0], [9.0, 0.0]]) == [1, 0]


def test_what_gains_nothing_is_not_given() -> None:
    assert assign([[-1.0], [0.0]]) == [None, None]
