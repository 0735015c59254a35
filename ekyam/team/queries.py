"""Who belongs to the company of the scope, and who is invited."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from ekyam.people.ways import FACTORS
from ekyam.sessions.queries import last_seen
from ekyam.team.members import may_give
from ekyam.team.models import Invitation
from ekyam.tenants.models import Membership, Role, User
from ekyam.tenants.rights import RIGHTS, Right, rights_of


@dataclass(frozen=True)
class Member:
    id: str
    name: str
    email: str
    role: str
    is_active: bool
    joined_at: datetime
    last_seen_at: datetime | None
    has_second_factor: bool
    is_me: bool


@dataclass(frozen=True)
class Invited:
    """`state` is invited, expired, or void: whoever invited may not do so any more."""

    id: str
    email: str
    role: str
    by: str
    sent_at: datetime
    expires_at: datetime
    state: str


def list_members(me: User) -> list[Member]:
    """By role, the highest first, then by name."""
    rows = list(Membership.objects.select_related("user"))
    users = [row.user for row in rows]
    seen, verified = last_seen(users), with_second_factor(users)
    shown = [show_member(row, me, seen, verified) for row in rows]
    order = list(Role.values)
    return sorted(shown, key=lambda one: (order.index(one.role), one.name.lower(), one.email))


def get_member(row: Membership, me: User) -> Member:
    return show_member(row, me, last_seen([row.user]), with_second_factor([row.user]))


def show_member(
    row: Membership, me: User, seen: dict[uuid.UUID, datetime], verified: set[uuid.UUID]
) -> Member:
    return Member(
        id=row.public_id,
        name=row.user.name or row.user.email,
        email=row.user.email,
        role=row.role,
        is_active=row.user.is_active,
        joined_at=row.created_at,
        last_seen_at=seen.get(row.user_id),
        has_second_factor=row.user_id in verified,
        is_me=row.user_id == me.pk,
    )


def with_second_factor(users: Collection[User]) -> set[uuid.UUID]:
    """Who has set one up."""
    found: set[uuid.UUID] = set()
    for kind in FACTORS.values():
        rows = kind.objects.filter(user__in=users, confirmed=True)
        found.update(rows.values_list("user_id", flat=True))
    return found


def list_invitations() -> list[Invited]:
    """The open ones, the newest first."""
    rows = Invitation.objects.filter(accepted_at=None, called_off_at=None)
    now, members = timezone.now(), Membership.objects.filter(user__is_active=True)
    rights = {user_id: rights_of(role) for user_id, role in members.values_list("user_id", "role")}
    return [
        Invited(
            id=row.public_id,
            email=row.email,
            role=row.role,
            by=row.invited_by.name or row.invited_by.email,
            sent_at=row.sent_at,
            expires_at=row.expires_at,
            state=_state(row, rights.get(row.invited_by_id, frozenset()), now),
        )
        for row in rows.select_related("invited_by").order_by("-created_at")
    ]


def _state(row: Invitation, rights: frozenset[Right], now: datetime) -> str:
    if row.expires_at <= now:
        return "expired"
    return "invited" if may_give(rights, row.role) else "void"


def list_rights() -> list[tuple[Right, list[bool]]]:
    """The table of what each role may do: a line for each right, a cell for each role."""
    return [(right, [right in RIGHTS[role] for role in Role]) for right in Right]
