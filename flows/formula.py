"""How much of a SKU is offered at a place of the target, and why just that much. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

Places = Mapping[
    str, str | None
]  # the source's place -> the target's; "" is left out, None unknown


class Terms(Protocol):
    """What the tenant has chosen: see flows.models.Formula."""

    base: str
    less_committed: bool
    less_safety: bool
    less_damaged: bool
    less_quarantined: bool
    less_on_the_way: bool
    buffer: int


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the source says of a SKU at one of its places; None where it does not say."""

    place: str
    on_hand: int | None = None
    available: int | None = None
    committed: int | None = None
    safety: int | None = None
    damaged: int | None = None
    quarantined: int | None = None


@dataclass(frozen=True, slots=True)
class Sold:
    """What an order has sold that the source does not know of yet."""

    order: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Term:
    """One line of the sum; negative is taken away. `kind` is base, what a shelf says (committed,
    safety ...), sold, kit or buffer; `at` the place of the source that says so."""

    words: str
    amount: int
    kind: str = "base"
    at: str = ""


@dataclass(slots=True)
class Offer:
    """So much of a SKU at a place of the target, as the sum of its terms, and never below 0."""

    sku: str
    place: str
    terms: list[Term] = field(default_factory=list)

    @property
    def sum(self) -> int:
        return sum(term.amount for term in self.terms)

    @property
    def quantity(self) -> int:
        return max(0, self.sum)

    def add(self, words: str, amount: int, kind: str = "base", at: str = "") -> None:
        if self.terms and (self.terms[-1].words, self.terms[-1].at) == (words, at):
            amount += self.terms.pop().amount
        if amount:
            self.terms.append(Term(words, amount, kind, at))


def offers_of(
    sku: str,
    shelves: Iterable[Shelf],
    sold: Sequence[Sold],
    *,
    terms: Terms,
    places: Places,
    known: Mapping[str, int],
) -> list[Offer]:
    """One for each place of the target that one of the shelves is offered at, before the buffer.

    `known` is what the target holds at its places. What is sold is taken where the target has
    taken it already, as far as that can be seen; of the rest, where there is most.
    """
    found = _stock(sku, shelves, terms, places)
    if terms.less_on_the_way:
        _take_sold(found, sold, known)
    return found


def kit_offers(
    sku: str, parts: Mapping[str, int], offers: Mapping[str, Sequence[Offer]]
) -> list[Offer]:
    """A kit is the least whole number of its parts, at each place where one of them is."""
    at: dict[str, dict[str, int]] = defaultdict(dict)
    for part in parts:
        for offer in offers.get(part, ()):
            at[offer.place][part] = offer.quantity
    found = []
    for place, there in at.items():
        least = min(parts, key=lambda part: there.get(part, 0) // parts[part])
        offer = Offer(sku, place)
        words = f"Each needs {parts[least]} of {least}, of which {there.get(least, 0)} are there"
        offer.add(words, there.get(least, 0) // parts[least], "kit")
        found.append(offer)
    return found


def _stock(sku: str, shelves: Iterable[Shelf], terms: Terms, places: Places) -> list[Offer]:
    found: dict[str, Offer] = {}
    for shelf in shelves:
        place = places.get(shelf.place)
        if not place:
            continue
        offer = found.setdefault(place, Offer(sku, place))
        offer.add(_BASES[terms.base], _base(shelf, terms.base), at=shelf.place)
        for name in ("committed", "safety", "damaged", "quarantined"):
            if getattr(terms, f"less_{name}"):
                amount = -(getattr(shelf, name) or 0)
                offer.add(name.capitalize(), amount, name, shelf.place)
    return list(found.values())


_BASES = {"available": "Available", "on_hand": "On hand"}


def _base(shelf: Shelf, base: str) -> int:
    """What is chosen; a source that tells only one of the two is taken at its word."""
    first, second = shelf.available, shelf.on_hand
    if base == "on_hand":
        first, second = second, first
    return first if first is not None else second or 0


SOLD = "Sold, and not known there yet: "


def _take_sold(offers: Sequence[Offer], sold: Sequence[Sold], known: Mapping[str, int]) -> None:
    if not offers or not sold:
        return
    left = sum(one.quantity for one in sold)
    words = SOLD + _listed([one.order for one in sold])
    for offer in sorted(offers, key=lambda one: known.get(one.place, one.sum) - one.sum):
        taken = min(left, max(0, offer.sum - known.get(offer.place, offer.sum)))
        offer.add(words, -taken, "sold")
        left -= taken
    max(offers, key=lambda one: one.sum).add(words, -left, "sold")


def _listed(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
