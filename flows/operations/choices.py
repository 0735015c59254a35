"""Remembers what people accept and refuse of what is suggested, and puts what they accept into the
draft."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from msgspec.structs import replace

from connectors.steps import AnyStep
from ekyam.audit.record import record
from flows.mapping.logic import Logic
from flows.mapping.place import put_source
from flows.models import Flow, OwnChoice, SharedTally, Version
from flows.operations.versions import save_draft
from flows.queries.sides import Side, subject_of
from flows.queries.versions import find_draft, find_published, logic_of, whole_logic
from flows.suggest.knowledge import LONGEST, Choice, is_custom, is_plain, may_share


def accept(
    flow: Flow,
    side: Side,
    *,
    attribute: str,
    source: str,
    steps: Sequence[AnyStep],
    edition: int,
) -> Version:
    """The line stands in the draft, and the choice is remembered: both, or neither.

    Raises DoesNotFit, and what `save_draft` raises.
    """
    with transaction.atomic():
        # First, as whoever saves a draft does.
        flow = Flow.with_halves.select_for_update(of=("self",)).get(pk=flow.pk)
        draft = find_draft(flow)
        found = draft or find_published(flow)
        logic = logic_of(found) if found else Logic()
        reader, writer = whole_logic(flow, logic)
        mapping = put_source(reader if side == "reader" else writer, attribute, source, steps)
        _remember(flow, side, attribute, source, is_accepted=True)
        logic = (
            replace(logic, reader=mapping) if side == "reader" else replace(logic, writer=mapping)
        )
        note, told = draft.note if draft else "", _told(attribute, source)
        return save_draft(flow, logic, edition=edition, note=note, told=told)


def remember_choice(
    flow: Flow, side: Side, *, attribute: str, source: str, is_accepted: bool
) -> None:
    """A company has one voice for each pair: saying it again changes nothing, and another mind
    takes the earlier voice back. What is too long to be a path is not remembered."""
    if _remember(flow, side, attribute, source, is_accepted=is_accepted):
        record(
            "suggestion.accepted" if is_accepted else "suggestion.refused",
            subject=flow.public_id,
            label=f"{flow.label}: {attribute}",
            after=_told(attribute, source),
        )


def _remember(flow: Flow, side: Side, attribute: str, source: str, *, is_accepted: bool) -> bool:
    """Whether it is news."""
    if not (0 < len(attribute) <= LONGEST and 0 < len(source) <= LONGEST):
        return False
    subject = subject_of(flow, side)
    pair = Choice(subject.connector, subject.stream, attribute, source, is_accepted)
    names = [one.path for one in subject.attributes]
    is_shared = may_share(pair, attributes=names, published=subject.published)
    return _say(flow, pair, is_shared=is_shared)


def _say(flow: Flow, pair: Choice, *, is_shared: bool) -> bool:
    key = _key(pair)
    said: dict[str, Any] = {"is_accepted": pair.is_accepted, "is_shared": is_shared}
    row, is_new = OwnChoice.objects.get_or_create(tenant_id=flow.tenant_id, **key, defaults=said)
    if not is_new:
        row = OwnChoice.objects.select_for_update().get(pk=row.pk)
        if row.is_accepted == pair.is_accepted:
            return False
        if row.is_shared:
            _count(key, is_accepted=row.is_accepted, by=-1)
        row.is_accepted, row.is_shared = pair.is_accepted, is_shared
        row.save()
    if is_shared:
        _count(key, is_accepted=pair.is_accepted, by=1)
    return True


def _key(pair: Choice) -> dict[str, Any]:
    return {
        "connector": pair.connector,
        "stream": pair.stream,
        "attribute": pair.attribute,
        "source": pair.source,
    }


def _count(key: dict[str, Any], *, is_accepted: bool, by: int) -> None:
    tally, _ = SharedTally.objects.get_or_create(**key)
    name = "accepted" if is_accepted else "refused"
    SharedTally.objects.filter(pk=tally.pk).update(**{name: F(name) + by})


def _told(attribute: str, source: str) -> dict[str, str]:
    """Records by e-mail address have fields of that name, and the audit log keeps none."""
    is_public = is_plain(source) and not is_custom(source)
    return {"attribute": attribute, "source": source if is_public else "a field of its own name"}
