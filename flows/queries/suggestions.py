"""What is suggested for one side of a flow, as it was found some minutes ago."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

import msgspec
from django.core.cache import cache
from django.utils.translation import gettext

from connectors.steps import AnyStep
from ekyam import vault
from flows.mapping.logic import Logic
from flows.mapping.place import find_filling
from flows.mapping.words import say_step
from flows.models import Flow, OwnChoice, SharedTally
from flows.queries.sides import Side, Subject, subject_of
from flows.queries.versions import find_current, logic_of, whole_logic
from flows.suggest import Evidence, Knowledge
from flows.suggest.knowledge import Key, Tally, merge

KEPT_SECONDS, KEPT_SECONDS_OF_NONE = 300, 30  # of none: as long as it has no records of its own


class Offer(msgspec.Struct, frozen=True):
    """One source for an attribute: `confidence` is 0 to 1."""

    source: str
    confidence: float
    steps: tuple[AnyStep, ...]
    evidence: tuple[Evidence, ...]


class Found(msgspec.Struct, frozen=True):
    """By the path of each attribute. `said` tells who could not be asked."""

    offers: dict[str, tuple[Offer, ...]]
    has_records: bool
    said: str = ""


@dataclass(frozen=True)
class AttributeRow:
    """`now` is what fills it, empty where nothing does."""

    path: str
    about: str
    kind: str
    required: bool
    now: str
    offers: list["OfferRow"]


@dataclass(frozen=True)
class OfferRow:
    source: str
    per_cent: int
    sureness: str
    steps: list[str]
    evidence: tuple[Evidence, ...]
    is_accepted: bool


@dataclass(frozen=True)
class Place:
    """Where it is kept in Valkey: sealed, for the evidence quotes values of records."""

    tenant: UUID
    flow: UUID
    side: Side
    reading: str  # what makes the records that the writer is given

    @property
    def key(self) -> str:
        return f"suggestions:{self.tenant}:{self.flow}:{self.side}:{self.reading}"

    @property
    def sealed_for(self) -> vault.Place:
        return {
            "tenant": self.tenant,
            "table": "suggestions",
            "row": self.flow,
            "column": self.side,
        }


def place_of(flow: Flow, side: Side, logic: Logic | None = None) -> Place:
    """`logic` is what is being worked at, where it has been read already."""
    reading = _reading(logic or current_logic(flow)) if side == "writer" else ""
    return Place(flow.tenant_id, flow.pk, side, reading)


def _reading(logic: Logic) -> str:
    """What makes the standard's records, as a short text; a line of the writer changes none."""
    return sha256(msgspec.json.encode((logic.reader, logic.rules))).hexdigest()[:16]


def keep_found(place: Place, found: Found) -> None:
    sealed = vault.seal(msgspec.json.encode(found), **place.sealed_for)
    cache.set(place.key, sealed, KEPT_SECONDS if found.has_records else KEPT_SECONDS_OF_NONE)


def find_found(place: Place) -> Found | None:
    """None where nobody has looked in the last minutes."""
    sealed = cache.get(place.key)
    if sealed is None:
        return None
    try:
        return msgspec.json.decode(vault.open(sealed, **place.sealed_for), type=Found)
    except (vault.VaultError, msgspec.ValidationError):
        return None  # of another release, or of a key that has gone


def current_logic(flow: Flow) -> Logic:
    """What is being worked at."""
    draft, published = find_current(flow)
    found = draft or published
    return logic_of(found) if found else Logic()


def list_attributes(
    flow: Flow, side: Side, found: Found, *, all_of_them: bool, logic: Logic | None = None
) -> list[AttributeRow]:
    """Those that nothing fills, what is required first; or all. What the company refused is not
    offered again."""
    subject = subject_of(flow, side)
    mapping = whole_logic(flow, logic or current_logic(flow))[0 if side == "reader" else 1]
    voices = _own_voices(subject)
    rows = []
    for attribute in subject.filled_by_lines:
        line = find_filling(mapping, attribute.path)
        offers = found.offers.get(attribute.path, ())
        if line is None or all_of_them:
            now = (line.source or gettext("a constant")) if line else ""
            shown = _offer_rows(attribute.path, offers, voices)
            about, kind = attribute.about, attribute.kind
            rows.append(AttributeRow(attribute.path, about, kind, attribute.required, now, shown))
    return sorted(rows, key=lambda row: (not row.offers, bool(row.now), not row.required))


def _offer_rows(
    attribute: str, offers: Iterable[Offer], voices: dict[tuple[str, str], bool]
) -> list[OfferRow]:
    return [
        OfferRow(
            one.source,
            round(one.confidence * 100),
            say_sureness(one.confidence),
            [say_step(step) for step in one.steps],
            one.evidence,
            voices.get((attribute, one.source), False),
        )
        for one in offers
        if voices.get((attribute, one.source), True)
    ]


def say_sureness(confidence: float) -> str:
    """The words say what the share means: of ten such suggestions nine are right, or two."""
    if confidence >= 0.9:
        return gettext("Almost certain")
    if confidence >= 0.7:
        return gettext("Likely")
    return gettext("Possible") if confidence >= 0.4 else gettext("Unlikely")


def knowledge_of(subject: Subject) -> Knowledge:
    """What all companies chose, and what this one did besides."""
    of = {"connector": subject.connector, "stream": subject.stream}
    shared: dict[Key, Tally] = {
        (subject.connector, subject.stream, one.attribute, one.source): Tally(
            one.accepted, one.refused
        )
        for one in SharedTally.objects.filter(**of)
    }
    own: dict[Key, Tally] = {
        (subject.connector, subject.stream, one.attribute, one.source): Tally(
            int(one.is_accepted), int(not one.is_accepted)
        )
        for one in OwnChoice.objects.filter(**of, is_shared=False)
    }
    return merge(Knowledge(shared), Knowledge(own))


def _own_voices(subject: Subject) -> dict[tuple[str, str], bool]:
    of = {"connector": subject.connector, "stream": subject.stream}
    rows = OwnChoice.objects.filter(**of)
    return {(one.attribute, one.source): one.is_accepted for one in rows}
