"""What people may change of the members of their company. One at a time in each company.

Nobody gives a right that they lack, nor touches a person who has one that they lack; and a company
keeps an owner. Rights are read again under the lock: a door's answer may be a moment old.
"""

import uuid

from django.utils.translation import gettext, gettext_lazy

from ekyam.audit.record import record
from ekyam.tenants.models import Membership, Role, Tenant, User
from ekyam.tenants.rights import Right, rights_of
from ekyam.tenants.scope import current_tenant_id


class Refused(Exception):
    """What a person asks of the team cannot be; the text tells them why."""


class AboveOwnRights(Refused):
    """It would give a right, or touch a person with one, that who asks does not have."""


class LastOwner(Refused):
    """The company would be left without an owner."""


NO_OWNER_LEFT = gettext_lazy(
    "A company keeps at least one owner, and this is the last one. Make another member an owner"
    " first."
)


def lock_team() -> uuid.UUID:
    """Needs a tenant scope; held until its transaction ends. Rows may yet refer to the tenant."""
    tenant_id = current_tenant_id()
    assert tenant_id
    Tenant.objects.select_for_update(no_key=True).get(pk=tenant_id)
    return tenant_id


def may_give(rights: frozenset[Right], role: str) -> bool:
    return Right.PEOPLE in rights and rights_of(role) <= rights


def check_gives(rights: frozenset[Right], role: str) -> None:
    if not may_give(rights, role):
        raise AboveOwnRights(
            gettext("Only who has every right of {role} can make one.").format(role=a(role))
        )


def check_touches(rights: frozenset[Right], member: Membership) -> None:
    if not may_give(rights, member.role):
        raise AboveOwnRights(
            gettext("Only who has every right of {role} can change one.").format(
                role=a(member.role)
            )
        )


def a(role: str) -> str:
    return f"{'an' if role[0] in 'aeio' else 'a'} {role}"


def rights_now(user: User) -> frozenset[Right]:
    """The rights in the company whose scope this is; none for who is no member."""
    member = Membership.objects.filter(user=user, user__is_active=True).first()
    return rights_of(member.role) if member else frozenset()


def change_role(*, by: User, member: Membership, role: str) -> None:
    """Raises Refused. A person may lower themselves."""
    lock_team()
    member.refresh_from_db()
    rights = rights_now(by)
    check_touches(rights, member)
    check_gives(rights, role)
    if role != member.role:
        give_role(member, role)


def give_role(member: Membership, role: str) -> None:
    """By the company's own rules, as of a group of its identity provider; after `lock_team`.

    Raises LastOwner.
    """
    if role != Role.OWNER:
        _check_another_owner(member)
    before, member.role = member.role, Role(role)
    member.save(update_fields=["role"])
    record(
        "member.role_changed",
        subject=member.public_id,
        label=member.user.email,
        before={"role": before},
        after={"role": role},
    )


def remove_member(*, by: User, member: Membership) -> None:
    """Raises Refused. What they did stays, and their account, if other companies know them."""
    lock_team()
    member.refresh_from_db()
    check_touches(rights_now(by), member)
    _end("member.removed", member)


def take_out(member: Membership, *, by: str) -> None:
    """By the company's own rules, like `give_role`; `by` is who keeps them. Raises LastOwner."""
    _end("member.removed", member, after={"by": by})


def leave(member: Membership) -> None:
    """Raises LastOwner."""
    lock_team()
    member.refresh_from_db()
    _end("member.left", member)


def _end(action: str, member: Membership, *, after: dict[str, str] | None = None) -> None:
    _check_another_owner(member)
    public_id = member.public_id
    member.delete()
    told = {"role": member.role}
    record(action, subject=public_id, label=member.user.email, before=told, after=after)


def _check_another_owner(member: Membership) -> None:
    if is_last_owner(member):
        raise LastOwner(NO_OWNER_LEFT)


def is_last_owner(member: Membership) -> bool:
    """An owner who was deactivated looks after nothing, and does not count."""
    owners = Membership.objects.filter(role=Role.OWNER, user__is_active=True)
    others = owners.filter(tenant_id=member.tenant_id)  # staff's scope sees all companies
    return member.role == Role.OWNER and not others.exclude(pk=member.pk).exists()
