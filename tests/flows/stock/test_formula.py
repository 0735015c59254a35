"""How much is offered, and why."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.formula import Offer, Shelf, Sold, kit_offers, offers_of


@dataclass
class Terms:
    base: str = "available"
    less_committed: bool = False
    less_safety: bool = True
    less_damaged: bool = False
    less_quarantined: bool = False
    less_on_the_way: bool = True
    buffer: int = 0


def offered(
    *shelves: Shelf, sold: int = 0, known: dict[str, int] | None = None, **terms: Any
) -> dict[str, int]:
    orders = [Sold("#1042", sold)] if sold else []
    places = {"1": "main", "2": "main", "3": "store", "4": "", "5": None}
    found = offers_of(
        "TEE",
        shelves,
        orders,
        terms=Terms(**terms),
        places=places,
        known=known or {},
    )
    return {offer.place: offer.quantity for offer in found}


def test_it_offers_what_is_available() -> None:
    assert offered(Shelf("1", on_hand=12, available=9)) == {"main": 9}


def test_it_takes_off_what_is_told_to_be_taken_off() -> None:
    shelf = Shelf("1", on_hand=30, committed=4, safety=5, damaged=2, quarantined=3)
    assert offered(shelf, base="on_hand") == {"main": 25}
    assert offered(shelf, base="on_hand", less_committed=True, less_damaged=True) == {"main": 19}
    assert offered(shelf, base="on_hand", less_quarantined=True, less_safety=False) == {"main": 27}


def test_it_adds_up_the_warehouses_that_share_a_place() -> None:
    shelves = (Shelf("1", available=3), Shelf("2", available=4), Shelf("3", available=5))
    assert offered(*shelves) == {"main": 7, "store": 5}


def test_it_leaves_out_what_is_not_offered_or_not_mapped() -> None:
    shelves = (Shelf("4", available=3), Shelf("5", available=4), Shelf("9", available=5))
    assert offered(*shelves) == {}


def test_it_takes_a_source_at_its_word_that_tells_only_one_of_the_two() -> None:
    assert offered(Shelf("1", on_hand=8)) == {"main": 8}
    assert offered(Shelf("1", available=8), base="on_hand") == {"main": 8}


def test_it_takes_off_what_was_sold_and_is_not_known_there_yet() -> None:
    assert offered(Shelf("1", available=10), sold=3) == {"main": 7}
    assert offered(Shelf("1", available=10), sold=3, less_on_the_way=False) == {"main": 10}


def test_it_takes_it_off_where_the_target_took_it_off() -> None:
    shelves = (Shelf("1", available=10), Shelf("3", available=6))
    known = {"main": 10, "store": 4}
    assert offered(*shelves, sold=2, known=known) == {"main": 10, "store": 4}
    assert offered(*shelves, sold=3, known=known) == {"main": 9, "store": 4}


def test_it_offers_a_kit_as_the_least_of_its_parts() -> None:
    parts = {"CUP": 2, "PLATE": 1}
    offers = {"CUP": [_offer("CUP", 9)], "PLATE": [_offer("PLATE", 7)]}
    (kit,) = kit_offers("SET", parts, offers)
    assert kit.quantity == 4
    (kit,) = kit_offers("SET", parts, {"PLATE": [_offer("PLATE", 7)]})
    assert kit.quantity == 0


def _offer(sku: str, quantity: int) -> Offer:
    offer = Offer(sku, "main")
    offer.add("Available", quantity)
    return offer


counts = st.integers(0, 1000) | st.none()
shelves = st.builds(
    Shelf,
    st.sampled_from("1234"),
    on_hand=counts,
    available=st.integers(-50, 1000) | st.none(),
    committed=counts,
    safety=counts,
    damaged=counts,
    quarantined=counts,
)
terms = st.builds(
    Terms,
    base=st.sampled_from(["available", "on_hand"]),
    less_committed=st.booleans(),
    less_safety=st.booleans(),
    less_damaged=st.booleans(),
    less_quarantined=st.booleans(),
    less_on_the_way=st.booleans(),
    buffer=st.integers(0, 20),
)
PLACES = {"1": "main", "2": "main", "3": "store", "4": ""}


@given(st.lists(shelves, max_size=5), st.lists(st.integers(1, 9), max_size=4), terms, counts)
def test_it_never_offers_less_than_nothing_nor_loses_what_was_sold(
    some: list[Shelf], sold: list[int], chosen: Terms, held: int | None
) -> None:
    orders = [Sold(f"#{n}", quantity) for n, quantity in enumerate(sold)]
    known = {} if held is None else {"main": held}
    plain = offers_of("A", some, [], terms=chosen, places=PLACES, known=known)
    found = offers_of("A", some, orders, terms=chosen, places=PLACES, known=known)
    assert all(offer.quantity >= 0 for offer in found)
    taken = sum(sold) if chosen.less_on_the_way and found else 0
    assert sum(o.sum for o in plain) - sum(o.sum for o in found) == taken


@pytest.mark.parametrize("count", [1, 5, 6, 9])
def test_it_names_the_orders_and_says_how_many_more(count: int) -> None:
    orders = [Sold(f"#{n}", 1) for n in range(count)]
    (offer,) = offers_of(
        "A", [Shelf("1", available=50)], orders, terms=Terms(), places=PLACES, known={}
    )
    words = offer.terms[-1].words
    assert "#0" in words
    assert (f"and {count - 5} more" in words) == (count > 5)
