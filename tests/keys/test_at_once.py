"""Keys used, rotated and revoked at the same moment, by real threads in real transactions."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from django.db import connections

from ekyam.audit.verify import check_chain
from ekyam.keys import signing
from ekyam.keys.authenticate import seat_of
from ekyam.keys.models import ApiKey, SigningKey
from ekyam.keys.operations import NameTaken, TwoAreLive, revoke_key, rotate_key
from ekyam.tenants.models import Membership, Role
from ekyam.tenants.rights import rights_of
from ekyam.tenants.scope import tenant_scope
from tests.keys.conftest import Desk, new_address
from tests.world import add_member, build_world

THREADS = 8


@pytest.fixture
def desk(transactional_db: None) -> Desk:
    here = build_world().here
    return Desk(here.tenant, here.owner)


Result = TypeVar("Result")


def at_once(do: Callable[[], Result], times: int = THREADS) -> list[Result]:
    start = threading.Barrier(times)

    def one(_: int) -> Result:
        start.wait(timeout=10)
        try:
            return do()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(one, range(times)))


def test_nobody_gets_in_once_the_revoking_has_returned(desk: Desk, settings: Any) -> None:
    settings.EKYAM_REFUSALS_PER_MINUTE = 10_000
    made, address = desk.key(), new_address()
    is_used, is_revoked = threading.Event(), threading.Event()
    seen_before: list[bool] = []
    seen_after: list[bool] = []

    def knock() -> None:
        for _ in range(40):
            seen = seen_after if is_revoked.is_set() else seen_before
            seen.append(seat_of(f"Bearer {made.secret}", address) is not None)
            is_used.set()

    def revoke() -> None:
        assert is_used.wait(timeout=10)
        with tenant_scope(desk.tenant):
            assert revoke_key(made.row)
        is_revoked.set()

    works = [knock] * (THREADS - 1) + [revoke]
    at_once(lambda: works.pop()())
    knock()
    assert any(seen_before) and seen_after and not any(seen_after)
    assert len(desk.entries("key.refused")) == 1
    with tenant_scope(desk.tenant):
        assert check_chain().is_whole


def test_nobody_gets_in_once_its_maker_was_removed(desk: Desk) -> None:
    maker, address = add_member(desk.tenant, Role.DEVELOPER), new_address()
    made = Desk(desk.tenant, maker, "developer").key()
    with tenant_scope(desk.tenant):
        Membership.objects.filter(user=maker).delete()
    assert at_once(lambda: seat_of(f"Bearer {made.secret}", address)) == [None] * THREADS


def test_one_more_is_made_of_all_that_are_asked_for_at_once(desk: Desk) -> None:
    key = desk.key().row

    def rotate() -> bool:
        try:
            with tenant_scope(desk.tenant):
                rotate_key(key, maker=desk.person, may=rights_of("owner"), days=30)
        except TwoAreLive:
            return False
        return True

    assert sum(at_once(rotate)) == 1
    with tenant_scope(desk.tenant):
        assert ApiKey.objects.filter(revoked_at=None).count() == 2


def test_one_key_of_a_name_is_made(desk: Desk) -> None:
    def make() -> bool:
        try:
            desk.key()
        except NameTaken:
            return False
        return True

    assert sum(at_once(make)) == 1


def test_a_key_is_revoked_once(desk: Desk) -> None:
    key = desk.key().row

    def revoke() -> bool:
        with tenant_scope(desk.tenant):
            return revoke_key(key)

    assert sum(at_once(revoke)) == 1
    assert len(desk.entries("key.revoked")) == 1


def test_there_is_one_first_signing_key(desk: Desk) -> None:
    assert len({key.kid for key in at_once(signing.get_current)}) == 1
    assert SigningKey.objects.count() == 1
