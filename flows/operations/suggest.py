"""Looks for sources of a flow's attributes, away from the request: it takes about a second."""

from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.core.cache import cache
from django.db import transaction

from connectors.registry import get_connector
from ekyam.tenants.scope import tenant_scope
from flows.models import Flow
from flows.operations.ask_model import NoAnswer, ask_model, is_configured
from flows.queries.sides import Side, Subject, samples_of, subject_of
from flows.queries.suggestions import (
    Found,
    Offer,
    Place,
    current_logic,
    keep_found,
    knowledge_of,
    place_of,
)
from flows.suggest import Attribute, Knowledge, Source, Suggestion, sources_of
from flows.suggest.model import LanguageModel, NamesAndValues, Suggestions, combine

log = structlog.get_logger(__name__)
ASKED_SECONDS = 30  # after this a look that was lost with its worker is begun again


@dataclass(frozen=True)
class Given:
    """All that one look needs of the rows."""

    place: Place
    subject: Subject
    samples: list[Any]
    has_records: bool
    knowledge: Knowledge


def ask_for_suggestions(flow: Flow, side: Side) -> None:
    """After this transaction somebody looks; asked again meanwhile, only once."""
    transaction.on_commit(partial(_send, place_of(flow, side)))


def look_for_suggestions(*, tenant_id: UUID, flow_id: UUID, side: Side) -> None:
    """No transaction is open while it reckons, or while a language model thinks."""
    with tenant_scope(tenant_id):
        rows = Flow.with_halves.select_related("source", "target", "version")
        flow = rows.filter(pk=flow_id).first()
        if flow is None:
            return
        given = _gather(flow, side)
    try:
        keep_found(given.place, _look(given))
    finally:
        cache.delete(_mark(given.place))


def _send(place: Place) -> None:
    from flows import tasks

    if not cache.add(_mark(place), True, ASKED_SECONDS):
        return
    said = {"tenant_id": str(place.tenant), "subject_id": str(place.flow), "side": place.side}
    try:
        tasks.suggest.apply_async(kwargs=said, retry=False)
    except (OSError, tasks.BrokerError) as error:
        log.warning("suggestions not asked for", error=str(error))
        cache.delete(_mark(place))


def _mark(place: Place) -> str:
    return f"{place.key}:asked"


def _gather(flow: Flow, side: Side) -> Given:
    subject = subject_of(flow, side)
    samples, has_records = samples_of(flow, side, current_logic(flow))
    return Given(place_of(flow, side), subject, samples, has_records, knowledge_of(subject))


def _look(given: Given) -> Found:
    subject = given.subject
    sources = sources_of(given.samples)
    synonyms = get_connector(subject.connector).synonyms
    offline = NamesAndValues(given.knowledge, subject.connector, subject.stream, synonyms)
    found = offline.suggest(subject.attributes, sources)
    theirs, said = ask_the_model(subject, sources)
    found = combine(found, theirs) if theirs else found
    offers = {path: _offers(subject, path, told) for path, told in found.items() if told}
    return Found(offers, given.has_records, said)


def ask_the_model(subject: Subject, sources: tuple[Source, ...]) -> tuple[Suggestions, str]:
    """What a language model says, and in words who could not be asked.

    Only names that vendor or standard bring themselves are sent: what a company called something
    is nobody else's to read.
    """
    if not is_configured():
        return {}, ""
    faults: list[str] = []

    def failed(error: Exception) -> None:
        faults.append(str(error) if isinstance(error, NoAnswer) else "The language model failed.")
        log.warning("language model gave no answer", error=type(error).__name__)

    public = [one for one in sources if one.path in subject.published]
    wanted: list[Attribute] = list(subject.attributes)
    found = LanguageModel(ask_model, failed).suggest(wanted, public)
    if faults:
        return {}, f"{faults[0]} These are by names and values alone."
    return found, ""


def _offers(subject: Subject, path: str, told: tuple[Suggestion, ...]) -> tuple[Offer, ...]:
    return tuple(
        Offer(one.source, one.confidence, subject.steps_of(path, one), one.evidence) for one in told
    )
