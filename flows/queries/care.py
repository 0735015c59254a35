"""Who looks after dead letters, and what was said of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from ekyam.tenants.models import Membership
from flows.models import Assignee, Comment, Delivery

NEWEST = 50


@dataclass(frozen=True)
class Person:
    """`id` is the public id of the membership."""

    id: str
    name: str


@dataclass(frozen=True)
class Said:
    text: str
    author: str
    at: datetime
    of: str  # the one letter that it is about, where it is not about all of the cause


@dataclass(frozen=True)
class Carers:
    """By the hex of a cause and by the public id of a letter; a letter's own counts for more."""

    causes: dict[str, Person]
    letters: dict[str, Person]


def list_people() -> list[Person]:
    """Those to whom something can be given, by name; one query."""
    found = Membership.objects.select_related("user").filter(user__is_active=True)
    return sorted((_person(one) for one in found[:500]), key=lambda one: one.name.lower())


def _person(one: Membership) -> Person:
    return Person(one.public_id, one.user.name or one.user.email)


def find_carers(causes: Iterable[str]) -> Carers:
    """One query."""
    keys = [UUID(key) for key in causes]
    rows = Assignee.objects.filter(cause__in=keys).select_related("member__user")
    of_causes, of_letters = {}, {}
    for row in rows:
        if row.delivery_id:
            of_letters[Delivery(id=row.delivery_id).public_id] = _person(row.member)
        else:
            of_causes[row.cause.hex] = _person(row.member)
    return Carers(of_causes, of_letters)


def list_said(*, cause: str = "", delivery: Delivery | None = None) -> list[Said]:
    """Of a cause, or of a letter and its cause; the newest first. One query."""
    wanted = Q(cause=UUID(cause), delivery=None) if cause else Q()
    if delivery is not None:
        wanted |= Q(delivery=delivery)
    rows = Comment.objects.filter(wanted).select_related("delivery").defer("delivery__standard")
    return [
        Said(
            text=one.text,
            author=one.author,
            at=one.created_at,
            of=one.delivery.public_id if one.delivery else "",
        )
        for one in rows.order_by("-created_at")[:NEWEST]
    ]
