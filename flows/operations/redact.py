"""Blanks the personal data of a shopper, or of a shop's shoppers, in all that is stored."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec
from django.db.models import Q, QuerySet

from connectors.models import Connection
from connectors.spec import Privacy
from flows.mapping.records import expression
from flows.models import (
    Attempt,
    BulkAct,
    BulkState,
    Delivery,
    Event,
    Link,
    Record,
    SearchKey,
    ShadowDifference,
)
from flows.models.event import Origin
from flows.operations.mend.paths import changes_of, keep_changes
from flows.personal import blank
from flows.search import EMAIL, digest_of
from flows.states import State

BATCH = 200
GONE = "[blanked at the shopper's request]"
_UNSENT = (State.PENDING, State.RETRYING, State.PARKED, State.DEAD)


def redact(connection: Connection, event: Event, privacy: Privacy, *, now: datetime) -> int:
    """Returns how many rows were blanked; none the second time. Needs a transaction.

    What has not been sent yet is called off: without its address nobody could use it.
    """
    body = _parse(bytes(event.body))
    traits = [str(found) for path in privacy.traits if (found := expression(path)(body))]
    records = _records(connection, privacy, body)
    deliveries = Delivery.objects.filter(Q(record__in=records) | Q(root__in=records))
    events = _events(connection, privacy, deliveries, traits)
    _forget_names(records)
    _forget_addresses(records, traits)
    ShadowDifference.objects.filter(event__in=events).delete()
    deliveries.filter(state__in=_UNSENT).update(
        state=State.CANCELLED, note="Its shopper's data were erased.", finished_at=now, waits_for=""
    )
    # What was read in a set-up belongs to no record yet, so nobody knows whose it is.
    samples, _ = Event.objects.filter(origin=Origin.SAMPLE).delete()
    return (
        samples
        + _blank_acts()
        + _blank_attempts(Attempt.objects.filter(delivery__in=deliveries))
        + _blank_deliveries(deliveries, traits)
        + _blank_events(events, traits)
    )


def _blank_acts() -> int:
    """What was set in many letters at once may have been hers: nobody knows whose it all is."""
    count = 0
    for act in BulkAct.objects.exclude(state=BulkState.RUNNING).exclude(change={}):
        told = changes_of(act.change)
        blanked = [replace(one, value=one.value and GONE) for one in told]
        if blanked != told:
            act.change = keep_changes(blanked)
            act.save(update_fields=["change"])
            count += 1
    return count


def _records(connection: Connection, privacy: Privacy, body: Any) -> QuerySet[Record]:
    links = Link.objects.filter(connection=connection)
    if privacy.kind != "redact_shop":
        wanted = Q(pk=None)
        for resource, path in privacy.records.items():
            wanted |= Q(resource=resource, external_id__in=_ids(expression(path)(body)))
        links = links.filter(wanted)
    known = list(links.values_list("record_id", flat=True))
    return Record.objects.filter(Q(pk__in=known) | Q(parent__in=known))


def _ids(found: Any) -> list[str]:
    listed = found if isinstance(found, list) else [found]
    return [str(one) for one in listed if one is not None]


def _events(
    connection: Connection,
    privacy: Privacy,
    deliveries: QuerySet[Delivery],
    traits: Sequence[str],
) -> QuerySet[Event]:
    """Those that the deliveries came of, and whatever else names the person."""
    wanted = Q(pk__in=deliveries.values("event_id"))
    if privacy.kind == "redact_shop":
        wanted |= Q(connection=connection)
    for trait in traits:
        wanted |= Q(pk__in=_naming(trait))
    return Event.objects.filter(wanted)


def _naming(trait: str) -> QuerySet[Event, Any]:
    """A walk through all bodies of the tenant: slow, and rare."""
    found = Event.objects.extra(where=["position(%s::bytea in body) > 0"], params=[trait.encode()])
    return found.values("pk")


def _forget_names(records: QuerySet[Record]) -> None:
    """People are called by their names; orders and parcels by their numbers."""
    people = records.filter(resource="customer")
    Link.objects.filter(record__in=people.values("pk")).update(label="")
    people.update(label="")


def _forget_addresses(records: QuerySet[Record], traits: Sequence[str]) -> None:
    """So that nobody finds out by asking whose order it was."""
    of_person = Q(record__in=records.values("pk")) | Q(digest__in=map(digest_of, traits))
    SearchKey.objects.filter(of_person, kind=EMAIL).delete()


def _blank_deliveries(deliveries: QuerySet[Delivery], traits: Sequence[str]) -> int:
    changed = []
    for one in deliveries.only("id", "standard").iterator(BATCH):
        standard = blank(one.standard, traits)
        if standard != one.standard:
            one.standard = standard
            changed.append(one)
    Delivery.objects.bulk_update(changed, ["standard"], batch_size=BATCH)
    return len(changed)


def _blank_events(events: QuerySet[Event], traits: Sequence[str]) -> int:
    changed = []
    for one in events.only("id", "body").iterator(BATCH):
        before = bytes(one.body)
        parsed = _parse(before)
        blanked = blank(parsed, traits)
        if blanked != parsed or (parsed is None and before != b"null"):
            one.body = msgspec.json.encode(blanked)
            changed.append(one)
    Event.objects.bulk_update(changed, ["body"], batch_size=BATCH)
    return len(changed)


def _blank_attempts(attempts: QuerySet[Attempt]) -> int:
    """What was said is cut text in any vendor's words: it goes altogether."""
    changed = []
    for one in attempts.only("id", "exchanges").iterator(BATCH):
        exchanges = [_silence(exchange) for exchange in one.exchanges]
        if exchanges != one.exchanges:
            one.exchanges = exchanges
            changed.append(one)
    Attempt.objects.bulk_update(changed, ["exchanges"], batch_size=BATCH)
    return len(changed)


def _silence(exchange: dict[str, Any]) -> dict[str, Any]:
    said: Iterable[str] = (name for name in ("sent", "answer") if exchange.get(name))
    url = urlunsplit(urlsplit(exchange.get("url", ""))._replace(query=""))
    return {**exchange, "url": url, **dict.fromkeys(said, GONE)}


def _parse(body: bytes) -> Any:
    """None for what is no JSON: then nothing of it is kept."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
