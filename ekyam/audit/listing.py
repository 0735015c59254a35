"""The audit log as it is read: the newest first, found by who, what, about what, and when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from ekyam.audit.models import AuditEntry
from ekyam.audit.plain import plain_text

SIZE = 50
MOST_CHOICES = 200


@dataclass(frozen=True)
class Wanted:
    """Empty for all. `since` and `until` are moments; `until` itself is not within."""

    text: str = ""
    actor: str = ""
    action: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_all(self) -> bool:
        return self == Wanted()


@dataclass(frozen=True)
class Change:
    """`name` is a path into what was told: «settings.realm». None where there was nothing."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Entry:
    id: str
    number: int
    at: datetime
    kind: str
    actor_id: str
    actor: str
    address: str
    action: str
    subject: str
    label: str
    changes: list[Change]
    digest: str


def list_entries(wanted: Wanted, *, before: int = 0, size: int = SIZE) -> list[Entry]:
    """Up to `size`, the newest first; `before`: only those with a smaller number."""
    found = _matching(wanted)
    if before:
        found = found.filter(number__lt=before)
    return [_entry(row) for row in found.order_by("-number")[:size]]


def _matching(wanted: Wanted) -> QuerySet[AuditEntry]:
    found = AuditEntry.objects.all()
    for name in ("action", "subject"):
        if value := plain_text(getattr(wanted, name)):
            found = found.filter(**{name: value})
    if wanted.actor:
        found = found.filter(actor_id=plain_text(wanted.actor))
    if wanted.since:
        found = found.filter(at__gte=wanted.since)
    if wanted.until:
        found = found.filter(at__lt=wanted.until)
    for word in plain_text(wanted.text).split():
        found = found.filter(_told_in_words(word))
    return found


def _told_in_words(word: str) -> Q:
    """As it reads on the page: «switched on» is found in `flow.switched_on`."""
    columns = ("actor", "subject", "subject_label", "address")
    action = Q(action__icontains=word.replace(".", "_")) | Q(action__icontains=word)
    return action | Q(*((f"{name}__icontains", word) for name in columns), _connector=Q.OR)


def _entry(row: AuditEntry) -> Entry:
    return Entry(
        id=row.public_id,
        number=row.number,
        at=row.at,
        kind=row.actor_kind,
        actor_id=row.actor_id,
        actor=row.actor,
        address=row.address,
        action=row.action,
        subject=row.subject,
        label=row.subject_label,
        changes=list(changes_of(row.before, row.after)),
        digest=row.digest,
    )


def changes_of(before: Any, after: Any) -> Iterator[Change]:
    """What differs, path by path; what was told of one side only differs from nothing."""
    was, now = dict(_flat(before or {})), dict(_flat(after or {}))
    for name in sorted(was | now):
        if was.get(name) != now.get(name) or name not in now:
            yield Change(name, was.get(name), now.get(name))


def _flat(value: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, item in value.items():
        here = f"{path}.{name}" if path else name
        if isinstance(item, Mapping) and item:
            yield from _flat(item, here)
        else:
            yield here, item


def list_actors() -> list[tuple[str, str]]:
    """Who is in the log, as (id, label): the last label of each id."""
    rows = AuditEntry.objects.order_by("actor_id", "-number").distinct("actor_id")
    found = rows.values_list("actor_id", "actor")[:MOST_CHOICES]
    return sorted(((id_, label) for id_, label in found if id_), key=lambda one: one[1].lower())


def list_actions() -> list[str]:
    return list(AuditEntry.objects.order_by("action").values_list("action", flat=True).distinct())
