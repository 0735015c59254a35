"""What setting attributes in many dead letters would do, tried with the newest of them."""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection as db
from django.utils.translation import gettext

from connectors.errors import MappingFailed
from connectors.spec import Context
from connectors.standard.record import Record
from connectors.steps.numbers import is_reckonable
from flows.mapping.complaints import in_words
from flows.mapping.records import write_body
from flows.models import Delivery
from flows.operations.mend.paths import Change, NoPlace, put_all, values_at
from flows.operations.replay import read_edited
from flows.queries.dead_letters import Wanted, dead_letters_of, label_of
from flows.queries.samples import writing_context
from flows.queries.versions import logic_of
from flows.states import IllegalMove

TRIED = 200  # the newest, with which it is tried: each is checked as a whole
FEW = 5  # examples of a kind; values of an attribute that are shown


@dataclass(frozen=True)
class Now:
    """So many have this value, as JSON; nothing is empty."""

    value: str
    count: int


@dataclass(frozen=True)
class Setting:
    """One attribute: what it becomes, and what stands there now, the commonest first. `others` are
    the letters with a value that is not among them."""

    path: str
    after: str
    now: list[Now]
    others: int


@dataclass(frozen=True)
class KindOfChange:
    """Those of which the same comes. `refused` says why they would not hold, and `dies` why they
    would be sent and die again, as the newest of them says it."""

    refused: str
    dies: str
    count: int
    settings: list[Setting]
    examples: list[str]


@dataclass(frozen=True)
class _Fate:
    refused: str = ""
    dies: str = ""


@dataclass
class _Alike:
    fate: _Fate
    labels: list[str] = field(default_factory=list)
    before: list[list[str]] = field(default_factory=list)  # of each letter, of each attribute


def misfit(declared: Any, value: Any) -> str:
    """Why no record at all can have the value in an attribute of that type; empty if it can."""
    try:
        found = msgspec.convert(value, declared, strict=False)
    except (msgspec.ValidationError, ArithmeticError) as error:
        return in_words(error, value)
    if isinstance(found, Decimal) and not is_reckonable(found):
        return gettext("it is a number that nobody can reckon with")
    return ""


def preview_changes(
    key: str, wanted: Wanted, changes: Sequence[Change], *, now: datetime
) -> tuple[list[KindOfChange], int]:
    """What setting all of it would do to the newest, gathered by what comes of it as causes are;
    and how many were looked at. Nothing is kept. Three queries, and those of
    the tables and rates that the mappings look into."""
    rows = (
        dead_letters_of(key, wanted)
        .select_related("record", "version", "flow__source", "flow__target")
        .defer("flow__source__sealed", "flow__target__sealed")
        .order_by("-finished_at", "-sequence")[:TRIED]
    )
    contexts: dict[UUID, Context] = {}
    tried = [(row, _try(row, changes, contexts, now)) for row in rows]
    folded = _fold({fate.refused or fate.dies for _, fate in tried} - {""})
    alike: dict[tuple[bool, str], _Alike] = {}
    for row, fate in tried:
        kind = bool(fate.refused), folded.get(fate.refused or fate.dies, "")
        found = alike.setdefault(kind, _Alike(fate))
        found.labels.append(label_of(row))
        found.before.append([_now(row.standard, one.path) for one in changes])
    kinds = [
        KindOfChange(
            refused=one.fate.refused,
            dies=one.fate.dies,
            count=len(one.labels),
            settings=_settings(changes, one.before),
            examples=one.labels[:FEW],
        )
        for one in sorted(alike.values(), key=lambda one: -len(one.labels))
    ]
    return kinds, len(tried)


def _try(
    row: Delivery, changes: Sequence[Change], contexts: dict[UUID, Context], now: datetime
) -> _Fate:
    if row.standard is None:
        return _Fate(gettext("It could not be read, so there is no record to change."))
    try:
        edited = read_edited(row, put_all(row.standard, changes))
    except (MappingFailed, IllegalMove, NoPlace) as failure:
        return _Fate(str(failure))
    return _Fate(dies=_fault_of_writing(row, edited, contexts, now))


def _fault_of_writing(
    row: Delivery, edited: Record, contexts: dict[UUID, Context], now: datetime
) -> str:
    """What its mapping says, as far as that can be told without asking the target for links."""
    flow = row.flow
    assert flow is not None  # else it could not be edited
    context = contexts.get(flow.pk)
    if context is None:
        context = contexts[flow.pk] = replace(
            writing_context(flow, now, None), find_link=lambda resource, key, by: "1"
        )
    context = replace(context, reference=edited.reference or edited.id)
    try:
        writer = logic_of(row.version).writer if row.version else None
        write_body(flow.action_spec, edited, context, writer)
    except MappingFailed as failure:
        return failure.message
    except Exception:  # what a page shows beforehand must not keep anybody from acting
        return ""
    return ""


def _now(standard: Any, path: str) -> str:
    try:
        return ", ".join(filter(None, dict.fromkeys(map(as_json, values_at(standard, path)))))
    except NoPlace:
        return ""


def _fold(reasons: Collection[str]) -> dict[str, str]:
    """Each without ids, numbers and quoted values, by the same words as a cause."""
    if not reasons:
        return {}
    with db.cursor() as cursor:
        cursor.execute("SELECT r, flows_words('', r) FROM unnest(%s::text[]) r", [list(reasons)])
        return {reason: folded or reason for reason, folded in cursor.fetchall()}


def _settings(changes: Sequence[Change], before: Sequence[Sequence[str]]) -> list[Setting]:
    found = []
    for change, values in zip(changes, zip(*before, strict=True), strict=True):
        counts = Counter(values).most_common()
        now = [Now(value, count) for value, count in counts[:FEW]]
        others = sum(count for _, count in counts[FEW:])
        found.append(Setting(change.path, as_json(change.value), now, others))
    return found


def as_json(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)[:200]
