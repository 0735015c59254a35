"""What the companies of a person ask of them: the strictest counts."""

from typing import NamedTuple

from ekyam.people.models.policy import (
    REMEMBERED_DAYS,
    SignInPolicy,
    absolute_hours,
    idle_minutes,
)
from ekyam.tenants.models import Membership, User
from ekyam.tenants.scope import user_scope


class Demands(NamedTuple):
    """`requiring`: the names of the companies that ask for a second factor; `companies`: the ids
    of all that the person belongs to."""

    companies: frozenset[str]
    requiring: tuple[str, ...]
    remembered_days: int
    idle_minutes: int
    absolute_hours: int


def demands_of(user: User) -> Demands:
    with user_scope(user):
        names = dict(Membership.objects.filter(user=user).values_list("tenant_id", "tenant__name"))
        kept = {one.tenant_id: one for one in SignInPolicy.objects.filter(tenant_id__in=names)}
    asked = [kept.get(id_) or SignInPolicy(tenant_id=id_) for id_ in names]
    requiring = sorted(names[one.tenant_id] for one in asked if one.requires_second_factor)
    days = min((one.remembered_days for one in asked), default=REMEMBERED_DAYS)
    return Demands(
        companies=frozenset(str(id_) for id_ in names),
        requiring=tuple(requiring),
        # Ekyam's own staff see all companies: none of their browsers is trusted for weeks.
        remembered_days=0 if user.is_staff else days,
        idle_minutes=min((one.idle_minutes for one in asked), default=idle_minutes()),
        absolute_hours=min((one.absolute_hours for one in asked), default=absolute_hours()),
    )
