"""Who is in a company, as plain values."""

from dataclasses import dataclass
from datetime import datetime

from ekyam import ids
from ekyam.tenants.models import Membership


@dataclass(frozen=True)
class MemberEntry:
    id: str
    user_id: str
    name: str
    email: str
    role: str
    created_at: datetime


def list_member_entries(*, after: str = "", size: int = 50) -> tuple[list[MemberEntry], str]:
    """The newest first, after that member; and the id to go on after, empty on the last page."""
    found = Membership.objects.select_related("user")
    if after:
        found = found.filter(pk__lt=ids.parse(Membership.prefix, after))
    rows = list(found.order_by("-pk")[: size + 1])
    return [_entry(one) for one in rows[:size]], rows[size - 1].public_id if rows[size:] else ""


def get_member_entry(public_id: str) -> MemberEntry:
    """Raises Membership.DoesNotExist."""
    return _entry(Membership.get_public(public_id))


def _entry(one: Membership) -> MemberEntry:
    return MemberEntry(
        id=one.public_id,
        user_id=one.user.public_id,
        name=one.user.name,
        email=one.user.email,
        role=one.role,
        created_at=one.created_at,
    )
