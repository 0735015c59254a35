"""API keys: who gets in by them, with what rights, and how all that is wrong looks the same."""

import ipaddress
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ekyam.audit.actors import Kind
from ekyam.audit.verify import check_chain
from ekyam.keys import spelling
from ekyam.keys.authenticate import seat_of
from ekyam.keys.models import ApiKey
from ekyam.keys.operations import (
    GRANTABLE,
    Made,
    NameTaken,
    TooMuch,
    TwoAreLive,
    revoke_key,
    rotate_key,
)
from ekyam.tenants.models import Membership, Role
from ekyam.tenants.rights import RIGHTS, Right, rights_of
from ekyam.tenants.scope import tenant_scope
from tests.keys.conftest import Desk, new_address
from tests.world import World, add_member


def change(made: Made[ApiKey], **values: object) -> None:
    with tenant_scope(made.row.tenant_id):
        ApiKey.objects.filter(pk=made.row.pk).update(**values)


def fresh(made: Made[ApiKey]) -> ApiKey:
    with tenant_scope(made.row.tenant_id):
        return ApiKey.objects.get(pk=made.row.pk)


def test_it_gives_a_key_its_seat(desk: Desk, address: str) -> None:
    made = desk.key(rights=["look", "operate"])
    seat = seat_of(f"Bearer {made.secret}", address)
    assert seat is not None and seat.tenant == desk.tenant
    assert seat.rights == {Right.LOOK, Right.OPERATE}
    assert seat.actor.kind == Kind.KEY and seat.actor.address == address
    assert (seat.actor.id, seat.person) == (made.row.public_id, "Warehouse script")
    assert seat_of(f"bearer {made.secret}", address) is not None


def test_it_keeps_no_secret(desk: Desk) -> None:
    made = desk.key()
    with connection.cursor() as cursor, tenant_scope(desk.tenant):
        cursor.execute("SELECT row_to_json(k)::text FROM keys_apikey k")
        kept = str(cursor.fetchall())
    secret = made.secret.rpartition("_")[2]
    assert secret not in kept and spelling.digest_of(made.secret) in kept
    assert secret not in str([vars(entry) for entry in desk.entries("key.made")])


WRONG: dict[str, Callable[[Made[ApiKey]], str]] = {
    "nothing": lambda made: "",
    "no key": lambda made: "Bearer ",
    "another scheme": lambda made: f"Basic {made.secret}",
    "a changed character": lambda made: (
        f"Bearer {made.secret[:-1]}{'a' * (made.secret[-1] != 'a')}"
    ),
    "another's secret": lambda made: f"Bearer {spelling.write_new(spelling.Kind.TEST)}",
    "of production": lambda made: f"Bearer {spelling.write_new(spelling.Kind.LIVE)}",
    "of an application": lambda made: f"Bearer {spelling.write_new(spelling.Kind.APPLICATION)}",
    "its prefix alone": lambda made: f"Bearer {made.secret[:21]}",
    "two": lambda made: f"Bearer {made.secret} {made.secret}",
    "a space before": lambda made: f"Bearer  {made.secret}",
    "a zero byte": lambda made: f"Bearer {made.secret}\x00",
    "not ASCII": lambda made: "Bearer ekm_t\u00e9st_\u0661",
    "very long": lambda made: "Bearer " + "e" * 1_000_000,
}


@pytest.mark.parametrize("how", WRONG)
def test_it_refuses_what_is_wrong(desk: Desk, address: str, how: str) -> None:
    assert seat_of(WRONG[how](desk.key()), address) is None


def with_the_prefix_of(made: Made[ApiKey]) -> str:
    """A secret that is well-formed, known by its prefix, and wrong."""
    body = f"ekm_test_{made.row.prefix_of_secret}_{'x' * spelling.SECRET_LENGTH}"
    return body + spelling._checksum(body)


def test_it_refuses_the_wrong_secret_and_tells_the_company(desk: Desk, address: str) -> None:
    made = desk.key()
    for _ in range(3):
        assert seat_of(f"Bearer {with_the_prefix_of(made)}", address) is None
    entries = desk.entries("key.refused")
    assert [(e.subject, e.after, e.address) for e in entries] == [
        (made.row.public_id, {"why": "wrong secret"}, address)
    ]
    assert seat_of(f"Bearer {made.secret}", address) is not None


def test_it_refuses_what_has_expired(desk: Desk, address: str) -> None:
    made = desk.key()
    change(made, expires_at=timezone.now())
    assert seat_of(f"Bearer {made.secret}", address) is None
    assert desk.entries("key.refused")[0].after == {"why": "expired"}


def test_it_refuses_what_is_revoked_at_once(desk: Desk, address: str) -> None:
    made = desk.key()
    assert seat_of(f"Bearer {made.secret}", address) is not None
    with tenant_scope(desk.tenant):
        assert revoke_key(made.row)
        assert not revoke_key(made.row)
    assert seat_of(f"Bearer {made.secret}", address) is None
    assert len(desk.entries("key.revoked")) == 1
    with tenant_scope(desk.tenant):
        assert check_chain().is_whole


def test_it_does_no_more_than_its_maker_may_today(desk: Desk, address: str) -> None:
    """A key must not be a way to keep what was taken away."""
    maker = add_member(desk.tenant, Role.INTEGRATOR)
    made = Desk(desk.tenant, maker, "integrator").key(rights=["look", "connect"])
    with tenant_scope(desk.tenant):
        membership = Membership.objects.get(user=maker)
    for role in Role:
        with tenant_scope(desk.tenant):
            Membership.objects.filter(pk=membership.pk).update(role=role)
        seat = seat_of(f"Bearer {made.secret}", address)
        assert seat is not None
        assert seat.rights == RIGHTS[role] & {Right.LOOK, Right.CONNECT}
    with tenant_scope(desk.tenant):
        membership.delete()
    assert seat_of(f"Bearer {made.secret}", address) is None
    assert desk.entries("key.refused")[0].after == {"why": "its maker has left"}


def test_it_sleeps_while_its_maker_is_shut_out(desk: Desk, address: str) -> None:
    made = desk.key()
    type(desk.person).objects.filter(pk=desk.person.pk).update(is_active=False)
    assert seat_of(f"Bearer {made.secret}", address) is None
    type(desk.person).objects.filter(pk=desk.person.pk).update(is_active=True)
    assert seat_of(f"Bearer {made.secret}", address) is not None


def test_a_member_elsewhere_is_no_maker_here(world: World, desk: Desk, address: str) -> None:
    """The maker's role is the one in the key's own company."""
    maker = add_member(desk.tenant, Role.ADMIN)
    made = Desk(desk.tenant, maker, "admin").key(rights=["look", "audit"])
    with tenant_scope(world.here.tenant):
        Membership.objects.filter(user=maker).delete()
    with tenant_scope(world.there.tenant):
        Membership.objects.create(tenant=world.there.tenant, user=maker, role=Role.OWNER)
    assert seat_of(f"Bearer {made.secret}", address) is None


@pytest.mark.parametrize("role", Role)
def test_nobody_makes_a_key_that_may_more_than_they(desk: Desk, role: Role) -> None:
    maker = Desk(desk.tenant, add_member(desk.tenant, role, "maker"), role)
    for right in Right:
        if right in rights_of(role) & GRANTABLE:
            maker.key(name=f"For {right}", rights=[right])
        else:
            with pytest.raises(TooMuch):
                maker.key(name=f"For {right}", rights=[right])


def test_two_are_live_and_the_old_one_ends_in_a_week(desk: Desk, address: str) -> None:
    first = desk.key()
    with tenant_scope(desk.tenant):
        second = rotate_key(first.row, maker=desk.person, may=rights_of("owner"), days=365)
    assert all(seat_of(f"Bearer {one.secret}", address) for one in (first, second))
    assert fresh(first).expires_at < timezone.now() + timedelta(days=7, minutes=1)
    assert fresh(second).expires_at > timezone.now() + timedelta(days=364)
    with tenant_scope(desk.tenant), pytest.raises(TwoAreLive):
        rotate_key(second.row, maker=desk.person, may=rights_of("owner"), days=365)
    with tenant_scope(desk.tenant):
        revoke_key(first.row)
        third = rotate_key(second.row, maker=desk.person, may=rights_of("owner"), days=365)
    assert seat_of(f"Bearer {first.secret}", address) is None
    assert all(seat_of(f"Bearer {one.secret}", address) for one in (second, third))


def test_the_database_itself_allows_no_third(desk: Desk) -> None:
    made = desk.key()
    copy = {"name": made.row.name, "rights": [], "expires_at": timezone.now(), "digest": ""}
    for slot in (0, 2):
        with (
            pytest.raises(IntegrityError),
            transaction.atomic(),
            tenant_scope(desk.tenant),
        ):
            ApiKey.objects.create(tenant=desk.tenant, slot=slot, **copy)


def test_what_has_expired_makes_room(desk: Desk) -> None:
    made = desk.key()
    with pytest.raises(NameTaken):
        desk.key()
    change(made, expires_at=timezone.now())
    desk.key()


def test_another_person_takes_over(desk: Desk, address: str) -> None:
    """And gives it no right that they lack."""
    maker = add_member(desk.tenant, Role.ADMIN, "maker")
    made = Desk(desk.tenant, maker, "admin").key(rights=["look", "audit"])
    developer = add_member(desk.tenant, Role.DEVELOPER)
    with tenant_scope(desk.tenant):
        with pytest.raises(TooMuch):
            rotate_key(made.row, maker=developer, may=rights_of("developer"), days=30)
        admin = add_member(desk.tenant, Role.ADMIN)
        taken = rotate_key(made.row, maker=admin, may=rights_of("admin"), days=30)
        Membership.objects.filter(user=maker).delete()
    assert seat_of(f"Bearer {made.secret}", address) is None
    assert seat_of(f"Bearer {taken.secret}", address) is not None


def test_it_notes_its_use_once_a_minute(desk: Desk, address: str) -> None:
    made = desk.key()
    seat_of(f"Bearer {made.secret}", address)
    used = fresh(made)
    assert used.last_used_at is not None and used.last_used_from == address
    with CaptureQueriesContext(connection) as queries:
        seat_of(f"Bearer {made.secret}", address)
    assert not [one for one in queries if "UPDATE" in one["sql"]]
    change(made, last_used_at=used.last_used_at - timedelta(minutes=2))
    elsewhere = new_address()
    seat_of(f"Bearer {made.secret}", elsewhere)
    assert fresh(made).last_used_from == elsewhere


def questions(header: str, address: str) -> list[str]:
    """What the database is asked, without what opens and closes a scope."""
    with CaptureQueriesContext(connection) as queries:
        seat_of(header, address)
    return [one["sql"] for one in queries if "keys_" in one["sql"]]


def test_it_asks_one_question_for_right_and_for_wrong(desk: Desk, address: str) -> None:
    made = desk.key()
    seat_of(f"Bearer {made.secret}", address)
    unknown = spelling.write_new(spelling.Kind.TEST)
    for shown in (made.secret, with_the_prefix_of(made), unknown):
        assert len(questions(f"Bearer {shown}", address)) == 1
    assert questions(f"Bearer {made.secret[:-1]}!", address) == []


def test_it_stops_listening_to_whoever_is_refused_too_often(
    desk: Desk, address: str, settings: Any
) -> None:
    settings.EKYAM_REFUSALS_PER_MINUTE = 5
    made = desk.key()
    for _ in range(5):
        seat_of("Bearer ekm_nonsense", address)
    assert seat_of(f"Bearer {made.secret}", address) is None
    assert seat_of(f"Bearer {made.secret}", new_address()) is not None


def test_it_counts_the_neighbours_of_one_ipv6_customer_as_one(
    desk: Desk, address: str, settings: Any
) -> None:
    settings.EKYAM_REFUSALS_PER_MINUTE = 3
    made = desk.key()
    first = ipaddress.ip_address(address)
    for number in range(3):
        seat_of("Bearer ekm_nonsense", str(first + number))
    assert seat_of(f"Bearer {made.secret}", str(first + 2**63)) is None
    assert seat_of(f"Bearer {made.secret}", str(first + 2**64)) is not None


def test_it_goes_on_without_valkey(desk: Desk, address: str, settings: Any) -> None:
    made = desk.key()
    caches = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    settings.CACHES = caches
    assert seat_of(f"Bearer {made.secret}", address) is not None
    assert seat_of(f"Bearer {with_the_prefix_of(made)}", address) is None
    assert desk.entries("key.refused") == []
