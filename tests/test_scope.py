"""Whose rows a query sees: one tenant's, one person's, all on request, and otherwise none."""

import pytest
from django.db import Error, connection, transaction

from ekyam.tenants.models import Membership, Role, Tenant, User
from ekyam.tenants.scope import across_tenants, current_tenant_id, tenant_scope, user_scope
from tests.world import World


def count() -> int:
    return Membership.objects.count()


@pytest.mark.django_db
def test_it_shows_nothing_without_a_scope(world: World) -> None:
    assert count() == 0


@pytest.mark.django_db
def test_it_shows_the_rows_of_the_tenant_alone(world: World) -> None:
    with tenant_scope(world.here.tenant):
        assert current_tenant_id() == world.here.tenant.id
        assert {row.tenant_id for row in Membership.objects.all()} == {world.here.tenant.id}
        assert not Membership.objects.filter(tenant=world.there.tenant).exists()
    assert current_tenant_id() is None


@pytest.mark.django_db
def test_it_refuses_a_row_for_another_tenant(world: World) -> None:
    row = Membership(tenant=world.there.tenant, user=world.here.owner, role=Role.OWNER)
    with pytest.raises(Error, match="row-level security"), tenant_scope(world.here.tenant):
        row.save()


@pytest.mark.django_db
def test_it_changes_nothing_of_another_tenant(world: World) -> None:
    with tenant_scope(world.here.tenant):
        assert Membership.objects.filter(tenant=world.there.tenant).update(role=Role.ADMIN) == 0
        assert Membership.objects.filter(tenant=world.there.tenant).delete()[0] == 0


@pytest.mark.django_db
def test_it_shows_a_person_their_memberships_and_lets_them_make_none(world: World) -> None:
    with user_scope(world.here.owner):
        assert [row.user_id for row in Membership.objects.all()] == [world.here.owner.id]
    row = Membership(tenant=world.there.tenant, user=world.here.owner, role=Role.OWNER)
    with pytest.raises(Error, match="row-level security"), user_scope(world.here.owner):
        row.save()


@pytest.mark.django_db
def test_it_shows_all_to_those_who_say_why(world: World) -> None:
    with across_tenants("a test counts memberships"):
        assert count() == 4
    with pytest.raises(ValueError, match="Say why"), across_tenants(""):
        pass


@pytest.mark.django_db
def test_it_hides_the_outer_scope_and_brings_it_back(world: World) -> None:
    with tenant_scope(world.here.tenant):
        with across_tenants("a test nests"):
            assert count() == 4
            with tenant_scope(world.there.tenant):
                assert count() == 2
                assert current_tenant_id() == world.there.tenant.id
            assert count() == 4
        with user_scope(world.there.owner):
            assert [row.tenant_id for row in Membership.objects.all()] == [world.there.tenant.id]
        assert {row.tenant_id for row in Membership.objects.all()} == {world.here.tenant.id}
        assert current_tenant_id() == world.here.tenant.id
    assert count() == 0


@pytest.mark.django_db
def test_it_brings_the_outer_scope_back_after_an_error(world: World) -> None:
    with tenant_scope(world.here.tenant):
        for broken in (lambda: connection.cursor().execute("SELECT 1 / 0"), lambda: 1 / 0):
            with pytest.raises((Error, ZeroDivisionError)), across_tenants("a test fails"):
                broken()
            assert count() == 2
        with across_tenants("a test rolls back"):
            transaction.set_rollback(True)
        assert count() == 2


@pytest.mark.django_db(transaction=True)
def test_it_leaks_nothing_to_the_next_user_of_the_connection(world: World) -> None:
    def backend() -> tuple[int, int]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid(), count(*) FROM tenants_membership")
            pid, seen = cursor.fetchone()
            return int(pid), int(seen)

    with tenant_scope(world.here.tenant):
        first, seen = backend()
        assert seen == 2
    assert backend() == (first, 0)
    with pytest.raises(ZeroDivisionError), across_tenants("a test fails"):
        assert backend() == (first, 4)
        _ = 1 / 0
    assert backend() == (first, 0)
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, session_user")
        assert len(set(cursor.fetchone())) == 1


@pytest.mark.django_db(transaction=True)
def test_it_may_not_truncate_or_alter(world: World) -> None:
    for statement in (
        "TRUNCATE tenants_membership",
        "ALTER TABLE tenants_membership NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY tenant_only ON tenants_membership",
        "CREATE TABLE mine (id int)",
    ):
        with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.django_db
def test_it_finds_a_row_by_its_public_id_within_the_tenant(world: World) -> None:
    with tenant_scope(world.there.tenant):
        row = Membership.objects.get(user=world.there.owner)
        assert Membership.get_public(row.public_id) == row
    with tenant_scope(world.here.tenant):
        for text in (row.public_id, "mem_nonsense", "", row.public_id.upper()):
            with pytest.raises(Membership.DoesNotExist):
                Membership.get_public(text)


@pytest.mark.django_db
def test_it_knows_a_person_by_their_address_in_any_case(world: World) -> None:
    assert User.objects.get_by_natural_key(world.here.owner.email.upper()) == world.here.owner
    with pytest.raises(Error), transaction.atomic():
        User.objects.create(email=world.here.owner.email.upper())
    assert Tenant.objects.count() == 2
