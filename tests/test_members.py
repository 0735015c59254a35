"""Who may change what of whom: no right is given that the giver lacks, and an owner stays."""

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ekyam.audit.models import AuditEntry
from ekyam.team.members import (
    AboveOwnRights,
    LastOwner,
    Refused,
    change_role,
    give_role,
    leave,
    lock_team,
    remove_member,
)
from ekyam.tenants.models import Membership, Role, Tenant, User
from ekyam.tenants.rights import RIGHTS, Right, rights_of
from ekyam.tenants.scope import across_tenants, tenant_scope
from tests.people import at_once, membership, roles_in
from tests.world import World, add_member, build_company


def test_it_changes_a_role_and_says_so(world: World) -> None:
    tenant = world.here.tenant
    with tenant_scope(tenant):
        member = Membership.objects.get(user=world.here.viewer)
        change_role(by=world.here.owner, member=member, role="operator")
        entry = AuditEntry.objects.get(action="member.role_changed")
    assert membership(tenant, world.here.viewer).role == Role.OPERATOR
    assert (entry.before, entry.after) == ({"role": "viewer"}, {"role": "operator"})
    assert entry.subject == member.public_id


@pytest.mark.parametrize("giver", Role)
@pytest.mark.parametrize("role", Role)
def test_it_lets_a_role_give_only_what_it_has(world: World, giver: Role, role: Role) -> None:
    by = add_member(world.here.tenant, giver, "giver")
    may = Right.PEOPLE in RIGHTS[giver] and RIGHTS[role] <= RIGHTS[giver]
    with tenant_scope(world.here.tenant):
        member = Membership.objects.get(user=world.here.viewer)
        try:
            change_role(by=by, member=member, role=role)
        except AboveOwnRights:
            assert not may
        else:
            assert may


def test_it_lets_an_admin_touch_no_owner(world: World) -> None:
    admin = add_member(world.here.tenant, Role.ADMIN)
    owner = membership(world.here.tenant, world.here.owner)
    add_member(world.here.tenant, Role.OWNER, "second")
    with tenant_scope(world.here.tenant):
        with pytest.raises(AboveOwnRights):
            change_role(by=admin, member=owner, role="viewer")
        with pytest.raises(AboveOwnRights):
            remove_member(by=admin, member=owner)


def test_it_asks_for_the_rights_of_this_moment_and_not_of_the_door(world: World) -> None:
    """Who was lowered between the door and the deed does nothing more."""
    second = add_member(world.here.tenant, Role.OWNER, "second")
    seen = membership(world.here.tenant, world.here.viewer)
    with tenant_scope(world.here.tenant):
        Membership.objects.filter(user=second).update(role="viewer")
        with pytest.raises(AboveOwnRights):
            remove_member(by=second, member=seen)


@pytest.mark.parametrize("deed", ["lower", "remove", "leave", "group"])
def test_it_keeps_the_last_owner(world: World, deed: str) -> None:
    owner, tenant = world.here.owner, world.here.tenant
    member = membership(tenant, owner)
    with tenant_scope(tenant), pytest.raises(LastOwner, match="Make another member an owner"):
        match deed:
            case "lower":
                change_role(by=owner, member=member, role="admin")
            case "remove":
                remove_member(by=owner, member=member)
            case "leave":
                leave(member)
            case "group":
                lock_team()
                give_role(member, "viewer")
    assert roles_in(tenant) == ["owner", "viewer"]


def test_it_does_not_count_an_owner_who_was_deactivated(world: World) -> None:
    second = add_member(world.here.tenant, Role.OWNER, "second")
    second.is_active = False
    second.save()
    with tenant_scope(world.here.tenant), pytest.raises(LastOwner):
        leave(Membership.objects.get(user=world.here.owner))


def test_it_lets_a_person_leave(world: World) -> None:
    with tenant_scope(world.here.tenant):
        leave(Membership.objects.get(user=world.here.viewer))
        assert AuditEntry.objects.get(action="member.left").before == {"role": "viewer"}
    assert roles_in(world.here.tenant) == ["owner"]


@pytest.mark.parametrize("statement", ["update", "delete", "across"])
def test_the_database_keeps_the_last_owner_too(world: World, statement: str) -> None:
    """Whoever forgets to ask, the staff's admin among them."""
    rows = Membership.objects.filter(role="owner", tenant=world.here.tenant)
    scope = across_tenants("a test") if statement == "across" else tenant_scope(world.here.tenant)
    refused = pytest.raises(IntegrityError, match="keeps at least one owner")
    with scope, refused, transaction.atomic():
        rows.update(role="admin") if statement == "update" else rows.delete()


@pytest.mark.parametrize("deed", ["lower", "remove", "leave", "forget"])
def test_two_at_once_leave_one_owner(transactional_db: None, deed: str) -> None:
    """Each takes the other's ownership, or gives up their own, at the same moment; ten times."""
    for turn in range(10):
        company = build_company("Juniper Home", f"juniper-{turn}", "UTC")
        tenant, first = company.tenant, company.owner
        second = add_member(tenant, Role.OWNER, "second")

        def act(tenant: Tenant, by: User, other: User) -> None:
            with tenant_scope(tenant):
                mine = Membership.objects.get(user=by)
                theirs = Membership.objects.get(user=other)
                match deed:
                    case "lower":
                        change_role(by=by, member=theirs, role="viewer")
                    case "remove":
                        remove_member(by=by, member=theirs)
                    case "leave":
                        leave(mine)
                    case "forget":  # neither asks: the database's own lock
                        Membership.objects.filter(pk=mine.pk).update(role="viewer")

        came = at_once(
            lambda: act(tenant, first, second),  # noqa: B023
            lambda: act(tenant, second, first),  # noqa: B023
        )
        assert roles_in(tenant).count("owner") == 1
        refused = [error for error in came if error is not None]
        assert len(refused) == 1
        assert isinstance(refused[0], Refused | IntegrityError | Membership.DoesNotExist)


people = st.integers(0, 3)
deeds = st.one_of(
    st.tuples(st.just("role"), people, people, st.sampled_from(list(Role))),
    st.tuples(st.just("remove"), people, people, st.none()),
    st.tuples(st.just("leave"), people, st.none(), st.none()),
)


@given(
    roles=st.lists(st.sampled_from(list(Role)), min_size=3, max_size=3),
    steps=st.lists(deeds, max_size=12),
)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_sequence_of_deeds_raises_anybody_above_their_giver(
    db: None, roles: list[Role], steps: list[tuple[str, int, int | None, Role | None]]
) -> None:
    """Nor leaves the company without an owner; nor changes anything when it refuses."""
    with transaction.atomic():
        tenant = Tenant.objects.create(name="Fig", slug="fig")
        users = [
            add_member(tenant, role, f"person{number}")
            for number, role in enumerate([Role.OWNER, *roles])
        ]
        for step in steps:
            take(tenant, users, *step)
        transaction.set_rollback(True)


def take(
    tenant: Tenant, users: list[User], kind: str, by: int, whom: int | None, role: Role | None
) -> None:
    before, giver = _roles(tenant), users[by]
    subject = giver if whom is None else users[whom]
    try:
        with tenant_scope(tenant):
            member = Membership.objects.get(user=subject)
            if kind == "role":
                change_role(by=giver, member=member, role=str(role))
            elif kind == "remove":
                remove_member(by=giver, member=member)
            else:
                leave(member)
    except (Refused, Membership.DoesNotExist):
        assert _roles(tenant) == before
        return
    after = _roles(tenant)
    assert Role.OWNER in after.values()
    changed = {email for email in before if before[email] != after.get(email)}
    assert changed <= {subject.email}
    if kind != "leave":
        rights = rights_of(before[giver.email])
        for email in changed:
            assert rights_of(before[email]) <= rights
            assert email not in after or rights_of(after[email]) <= rights


def _roles(tenant: Tenant) -> dict[str, str]:
    with tenant_scope(tenant):
        return dict(Membership.objects.values_list("user__email", "role"))
