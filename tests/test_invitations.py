"""Invitations: by mail, for seven days, once, and never above the rights of who invited."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from ekyam.audit.models import AuditEntry
from ekyam.team.invitations import (
    MOST_A_DAY,
    MOST_MAILS,
    AnotherPerson,
    Void,
    call_off,
    digest,
    find_invitation,
    invite,
    join,
    join_anew,
    send_again,
)
from ekyam.team.members import AboveOwnRights, Refused
from ekyam.team.models import Invitation
from ekyam.tenants.models import Membership, Role, User
from ekyam.tenants.rights import RIGHTS, Right
from ekyam.tenants.scope import tenant_scope
from tests.people import at_once, membership
from tests.world import PASSWORD, Company, World, add_member, build_company

GUEST = "guest@elsewhere.example"


def invited(company: Company, role: Role = Role.VIEWER, by: User | None = None) -> str:
    with tenant_scope(company.tenant):
        return invite(by=by or company.owner, email=GUEST, role=role)[1]


def only(company: Company) -> Invitation:
    with tenant_scope(company.tenant):
        return Invitation.objects.get()


def age(company: Company, **changes: object) -> None:
    with tenant_scope(company.tenant):
        Invitation.objects.update(**changes)


def test_it_keeps_only_a_digest_of_the_token(world: World) -> None:
    token = invited(world.here)
    row = only(world.here)
    assert len(token) >= 43 and token not in repr(row.__dict__)
    assert row.token_digest == digest(token)
    assert timedelta(days=6, hours=23) < row.expires_at - timezone.now() <= timedelta(days=7)
    with tenant_scope(world.here.tenant):
        entry = AuditEntry.objects.get(action="member.invited")
        assert token not in repr(entry.__dict__) and entry.subject_label == GUEST


def test_it_makes_an_account_for_who_has_none(world: World) -> None:
    token = invited(world.here, Role.OPERATOR)
    _, user = join_anew(token_digest=digest(token), name="Gita", password=PASSWORD)
    assert membership(world.here.tenant, user).role == Role.OPERATOR
    address = EmailAddress.objects.get(user=user)
    assert address.verified and address.primary and address.email == GUEST
    assert user.check_password(PASSWORD)
    with tenant_scope(world.here.tenant):
        told = AuditEntry.objects.get(action="member.joined").after
        assert told == {"role": "operator", "invited_by": world.here.owner.email}


def test_it_lets_join_who_has_an_account(world: World) -> None:
    user = User.objects.create_user(GUEST, PASSWORD)
    join(token_digest=digest(invited(world.here)), user=user)
    assert membership(world.here.tenant, user).role == Role.VIEWER
    assert EmailAddress.objects.get(user=user).verified


def test_it_lets_nobody_else_use_it(world: World) -> None:
    token = digest(invited(world.here))
    with pytest.raises(AnotherPerson):
        join(token_digest=token, user=world.there.owner)
    assert find_invitation(token).email == GUEST


def test_it_is_good_once(world: World) -> None:
    token = digest(invited(world.here))
    _, user = join_anew(token_digest=token, name="Gita", password=PASSWORD)
    with pytest.raises(Void):
        join(token_digest=token, user=user)
    with pytest.raises(Void):
        find_invitation(token)


def test_it_makes_no_second_account_of_an_address(world: World) -> None:
    token = digest(invited(world.here))
    User.objects.create_user(GUEST, PASSWORD)
    with pytest.raises(Void):
        join_anew(token_digest=token, name="Gita", password="another one, quite long")
    assert User.objects.get(email=GUEST).check_password(PASSWORD)


def test_it_ends_after_seven_days(world: World) -> None:
    token = digest(invited(world.here))
    age(world.here, expires_at=timezone.now())
    with pytest.raises(Void):
        find_invitation(token)


def test_it_can_be_called_off(world: World) -> None:
    token = digest(invited(world.here))
    with tenant_scope(world.here.tenant):
        call_off(by=world.here.owner, invitation=Invitation.objects.get())
        assert AuditEntry.objects.filter(action="member.invitation_called_off").exists()
    with pytest.raises(Void):
        find_invitation(token)
    invited(world.here)  # and the person can be invited again


def test_it_is_sent_again_with_another_token(world: World) -> None:
    old = digest(invited(world.here))
    age(world.here, sent_at=timezone.now() - timedelta(minutes=2), expires_at=timezone.now())
    with tenant_scope(world.here.tenant):
        new = digest(send_again(by=world.here.owner, invitation=Invitation.objects.get()))
    with pytest.raises(Void):
        find_invitation(old)
    assert find_invitation(new).email == GUEST


def test_it_writes_to_nobody_without_end(world: World) -> None:
    invited(world.here)
    with tenant_scope(world.here.tenant):
        row = Invitation.objects.get()
        with pytest.raises(Refused, match="less than a minute"):
            send_again(by=world.here.owner, invitation=row)
        row.mails, row.sent_at = MOST_MAILS, timezone.now() - timedelta(hours=1)
        row.save()
        with pytest.raises(Refused, match="Call it off"):
            send_again(by=world.here.owner, invitation=row)
        for number in range(MOST_A_DAY - 1):
            invite(by=world.here.owner, email=f"{number}@elsewhere.example", role="viewer")
        with pytest.raises(Refused, match="within a day"):
            invite(by=world.here.owner, email="one@more.example", role="viewer")


@pytest.mark.parametrize("giver", Role)
@pytest.mark.parametrize("role", Role)
def test_it_gives_no_right_that_the_inviter_lacks(world: World, giver: Role, role: Role) -> None:
    by = add_member(world.here.tenant, giver, "giver")
    if Right.PEOPLE in RIGHTS[giver] and RIGHTS[role] <= RIGHTS[giver]:
        assert invited(world.here, role, by)
    else:
        with pytest.raises(AboveOwnRights):
            invited(world.here, role, by)


@pytest.mark.parametrize("change", ["lowered", "removed", "deactivated"])
def test_it_is_void_when_the_inviter_may_not_any_more(world: World, change: str) -> None:
    by = add_member(world.here.tenant, Role.ADMIN)
    token = digest(invited(world.here, Role.ADMIN, by))
    with tenant_scope(world.here.tenant):
        mine = Membership.objects.filter(user=by)
        if change == "lowered":
            mine.update(role="operator")
        elif change == "removed":
            mine.delete()
        else:
            User.objects.filter(pk=by.pk).update(is_active=False)
    with pytest.raises(Void):
        find_invitation(token)


def test_it_says_who_belongs_or_is_invited_already(world: World) -> None:
    invited(world.here)
    with tenant_scope(world.here.tenant):
        with pytest.raises(Refused, match="is invited already"):
            invite(by=world.here.owner, email=GUEST.upper(), role="viewer")
        with pytest.raises(Refused, match="is a member already"):
            invite(by=world.here.owner, email=world.here.viewer.email, role="viewer")


def test_it_says_nothing_of_accounts_elsewhere(world: World) -> None:
    """Who has an account is invited just as who has none."""
    with tenant_scope(world.here.tenant):
        known, _ = invite(by=world.here.owner, email=world.there.owner.email, role="viewer")
        unknown, _ = invite(by=world.here.owner, email=GUEST, role="viewer")
    ours = {"id", "email", "token_digest", "created_at", "sent_at", "expires_at", "_state"}
    assert {k: v for k, v in known.__dict__.items() if k not in ours} == {
        k: v for k, v in unknown.__dict__.items() if k not in ours
    }


@pytest.mark.parametrize("has_account", [True, False])
def test_twice_at_once_it_joins_once(transactional_db: None, has_account: bool) -> None:
    company = build_company("Juniper Home", "juniper", "UTC")
    token = digest(invited(company))

    def accept() -> None:
        if has_account:
            join(token_digest=token, user=User.objects.get(email=GUEST))
        else:
            join_anew(token_digest=token, name="Gita", password=PASSWORD)

    if has_account:
        User.objects.create_user(GUEST, PASSWORD)
    came = at_once(*[accept] * 8)
    assert came.count(None) == 1
    assert all(isinstance(error, Void) for error in came if error is not None)
    with tenant_scope(company.tenant):
        assert Membership.objects.filter(user__email=GUEST).count() == 1
        assert AuditEntry.objects.filter(action="member.joined").count() == 1
