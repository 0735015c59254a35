"""Why a number is not what the source says: the state of a SKU, and what explains it, in words."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext, gettext_lazy, ngettext

from flows.formula import SOLD, Term
from flows.models import Delivery, Flow
from flows.operations.stock.offers import Offered
from flows.queries.stock.layout import Layout
from flows.queries.words import sentence
from flows.states import State

AS_OFFERED, CORRECTING, STUCK, ABSENT, UNMAPPED, DIFFERS, GONE, LEFT_OUT = (
    "as_offered",
    "correcting",
    "stuck",
    "absent",
    "unmapped",
    "differs",
    "gone",
    "left_out",
)


@dataclass(frozen=True)
class Reason:
    """«Shopify -3: orders #1042, #1047 are on their way to Whiplash»; `amount` may be empty."""

    where: str
    words: str
    amount: str = ""

    def __str__(self) -> str:
        return f"{' '.join(filter(None, (self.where, self.amount)))}: {self.words}"


@dataclass(frozen=True)
class Standing:
    """All that is known of one SKU in one flow."""

    flow: Flow
    offered: Sequence[Offered]
    deliveries: Sequence[Delivery]  # open and dead ones
    unmapped: int  # so many lie at places that are not mapped
    told: Collection[str] = ()  # the source's own ids of its levels

    def at(self, delivery: Delivery) -> str:
        """Where it went wrong: what could not even be read is the source's."""
        is_told = delivery.external_id in self.told
        return str((self.flow.source if is_told else self.flow.target).label)


def judge(standings: Sequence[Standing], *, is_gone: bool) -> str:
    """The worst comes first."""
    states = {one.state for standing in standings for one in standing.deliveries}
    offered = [one for standing in standings for one in standing.offered]
    is_absent = any(one.known is None for one in offered)
    if State.DEAD in states:
        return STUCK
    if states - {State.PARKED} or (states and not is_absent):
        return CORRECTING
    if any(standing.unmapped for standing in standings):
        return UNMAPPED
    if is_absent:
        return GONE if is_gone else ABSENT
    if any(one.differs for one in offered):
        return DIFFERS
    return AS_OFFERED if offered else GONE if is_gone else LEFT_OUT


def explain(layout: Layout, standing: Standing) -> list[Reason]:
    """Each difference between what the source says and what the target holds, with its cause."""
    flow, found = standing.flow, []
    for one in standing.offered:
        where = _where(layout, flow, one.offer.place)
        for term in one.offer.terms:
            if term.kind not in ("base", "kit"):
                found.append(Reason(where, _of_term(layout, flow, term), _signed(term)))
        if one.offer.sum < 0:
            words = gettext("the sum is {sum}, and 0 is offered").format(sum=one.offer.sum)
            found.append(Reason(where, words))
        if one.differs:
            found.append(Reason(where, _of_difference(one, standing.deliveries)))
    found += [
        Reason(standing.at(one), sentence(one.reason))
        for one in standing.deliveries
        if one.state == State.DEAD or (one.reason and one.state == State.PARKED)
    ]
    if standing.unmapped:
        words = ngettext(
            "{many:,} at a place that is not mapped",
            "{many:,} at a place that is not mapped",
            standing.unmapped,
        ).format(many=standing.unmapped)
        found.append(Reason(flow.source.label, words))
    return found


def _where(layout: Layout, flow: Flow, place: str) -> str:
    """The place is named where there are several."""
    width = next((one.width for one in layout.systems if one.id == flow.target_id), 0)
    if width <= 2:
        return flow.target.label
    return f"{flow.target.label}, {layout.label(flow.target_id, place)},"


def _of_term(layout: Layout, flow: Flow, term: Term) -> str:
    """«#1042, #1047 are on their way to Whiplash»"""
    if term.kind == "sold":
        names = term.words.removeprefix(SOLD)
        many = "," in names or " and " in names
        return ngettext(
            "order {names} is on its way to {system}",
            "orders {names} are on their way to {system}",
            2 if many else 1,
        ).format(names=_names(names), system=flow.source.label)
    return describe(layout, flow, term)


def describe(layout: Layout, flow: Flow, term: Term) -> str:
    """A line of the sum as a reader should see it."""
    words = _words(term)
    if not term.at:
        return words
    place = layout.label(flow.source_id, term.at)
    return gettext("{words} at {place}").format(words=words, place=place)


def _words(term: Term) -> str:
    """The formula is pure, and says them in English."""
    if term.kind == "sold":
        names = _names(term.words.removeprefix(SOLD))
        return gettext("Sold, and not known there yet: {names}").format(names=names)
    if kit := _KIT.fullmatch(term.words):
        return gettext("Each needs {needs} of {sku}, of which {there} are there").format(
            **kit.groupdict()
        )
    return str(_WORDS.get(term.words, term.words))


def _names(text: str) -> str:
    """Of orders, as the formula lists them."""
    found = _MORE.fullmatch(text)
    if found is None:
        return text
    few, more = found["few"], int(found["more"])
    said = ngettext("{few} and {more} more", "{few} and {more} more", more)
    return said.format(few=few, more=more)


_KIT = re.compile(r"Each needs (?P<needs>\d+) of (?P<sku>.+), of which (?P<there>-?\d+) are there")
_MORE = re.compile(r"(?P<few>.+) and (?P<more>\d+) more")
_WORDS = {
    "Available": gettext_lazy("Available"),
    "On hand": gettext_lazy("On hand"),
    "Committed": gettext_lazy("Committed"),
    "Safety": gettext_lazy("Safety"),
    "Damaged": gettext_lazy("Damaged"),
    "Quarantined": gettext_lazy("Quarantined"),
    "Buffer": gettext_lazy("Buffer"),
}


def _signed(term: Term) -> str:
    return f"{term.amount:+,}".replace("-", "\N{MINUS SIGN}")


def _of_difference(one: Offered, deliveries: Iterable[Delivery]) -> str:
    if one.known is None:
        said = gettext("it is not there, and {offered:,} would be offered")
        return said.format(offered=one.offer.quantity)
    held = "?" if one.known.quantity is None else f"{one.known.quantity:,}"
    states = {found.state for found in deliveries if found.external_id == one.key}
    if State.DEAD in states:
        said = gettext("holds {held}, and {offered:,} is offered, which was refused")
    elif states:
        said = gettext("holds {held}, and {offered:,} is offered, on its way")
    else:
        said = gettext("holds {held}, and {offered:,} is offered; nothing is on its way yet")
    return said.format(held=held, offered=one.offer.quantity)
