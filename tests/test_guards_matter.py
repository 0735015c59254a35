"""Each guard is taken away in turn, and a test that is there anyway notices.

A guard whose going no test notices is either needless or unproven, and fails here.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.conf import settings as project
from django.db import DatabaseError
from django.db.models import Value
from django.test import Client

from ekyam.people.models import TotpFactor
from ekyam.tenants.models import Role, User
from ekyam.tenants.rights import Right
from ekyam.tenants.scope import across_tenants
from tests import test_audit, test_hardening, test_outbound, test_tenant_isolation, test_vault
from tests.conftest import connect_as_owner
from tests.keys import test_keys, test_signing
from tests.keys.conftest import Desk, new_address
from tests.portal import test_isolation, test_staff, test_visits
from tests.portal.conftest import Side, furnish, sign_in
from tests.portal.test_isolation import Door
from tests.signing_in import test_second_factor, test_totp
from tests.verified import verify
from tests.world import PASSWORD, World, build_world

DELIVERY = Door("delivery", of="delivery")
CONNECTION = Door("connection", of="connection")
SWITCH = Door("switch_flow", of="flow", to=Right.CONFIGURE)
ORDERS, SEARCH = Door("orders"), Door("search")


@pytest.fixture
def here(world: World) -> Side:
    return furnish(world.here)


@pytest.fixture
def there(world: World) -> Side:
    return furnish(world.there)


@contextmanager
def noticed() -> Iterator[None]:
    """What is within fails, as it fails a test: by an assertion, or by what should have raised."""
    wrong = (AssertionError, LookupError, ValueError, DatabaseError, pytest.fail.Exception)
    with pytest.raises(wrong):
        yield


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Any], None]:
    """Put something lenient in the place of a guard."""
    return lambda target, instead: monkeypatch.setattr(target, instead)


@pytest.fixture
def without_middleware(settings: Any) -> Callable[[str], None]:
    def take(name: str) -> None:
        settings.MIDDLEWARE = [one for one in project.MIDDLEWARE if not one.endswith(name)]

    return take


def visitor_of(side: Side) -> Client:
    person = new_staff()
    client = verify(sign_in(person), person)
    assert test_visits.begin(client, side) == 302
    return client


def new_staff() -> User:
    return User.objects.create_superuser("staff@ekyam.example", PASSWORD)


def test_the_scope_of_the_company(here: Side, there: Side, without: Any) -> None:
    without("portal.web.access.tenant_scope", lambda tenant: across_tenants("no guard"))
    with noticed():
        test_isolation.test_it_shows_outsiders_nothing(here, there, DELIVERY)


def test_the_right_that_a_door_asks_for(here: Side, without: Any) -> None:
    without("ekyam.tenants.seats.Seat.may", lambda seat, right: True)
    with noticed():
        test_isolation.test_it_lets_each_role_do_what_the_table_says(here, SWITCH, Role.VIEWER)


def test_the_rights_of_a_role(here: Side, without: Any) -> None:
    without("portal.web.access.rights_of", lambda role: frozenset(Right))
    with noticed():
        test_isolation.test_it_lets_each_role_do_what_the_table_says(here, SWITCH, Role.OPERATOR)


def test_the_token_against_other_sites(here: Side, without_middleware: Any) -> None:
    without_middleware("CsrfViewMiddleware")
    with noticed():
        test_isolation.test_it_refuses_what_comes_from_another_site(here, SWITCH)


@pytest.mark.parametrize("name", ["CSPMiddleware", "headers.Headers", "SecurityMiddleware"])
def test_the_headers_of_every_page(here: Side, without_middleware: Any, name: str) -> None:
    without_middleware(name)
    with noticed():
        test_hardening.test_every_page_carries_the_headers(here, ORDERS)


def test_the_bounds_of_a_request(here: Side, without_middleware: Any, settings: Any) -> None:
    without_middleware("limits.Limits")
    with noticed():
        test_hardening.test_it_takes_no_more_than_a_page_needs(here, settings)


def test_the_characters_of_a_request(here: Side, without_middleware: Any) -> None:
    without_middleware("limits.Limits")
    with noticed():
        test_hardening.test_it_understands_no_nul(here, SEARCH)


def test_where_a_button_may_lead_back_to(here: Side, without: Any) -> None:
    without("portal.web.deeds.url_has_allowed_host_and_scheme", lambda *a, **k: True)
    with noticed():
        test_hardening.test_it_sends_nobody_elsewhere(here, "https://evil.example/")


def test_the_end_of_a_visit(here: Side, without: Any) -> None:
    visitor = visitor_of(here)
    without("ekyam.visits.models.Visit.is_under_way", lambda visit, now: True)
    with noticed():
        test_visits.test_it_ends_by_itself(visitor, here)


def test_that_a_company_may_refuse_visits(here: Side, without: Any) -> None:
    visitor = visitor_of(here)
    without("ekyam.visits.operations.allow_visits", lambda **given: False)
    without("portal.web.visits.allow_visits", lambda **given: False)
    with noticed():
        test_visits.test_a_company_refuses_visits_and_ends_the_one_under_way(visitor, here)


def test_that_a_visitor_sees_only_what_is_for_looking(here: Side, without: Any) -> None:
    visitor = visitor_of(here)
    without("ekyam.tenants.seats.Seat.may", lambda seat, right: True)
    with noticed():
        test_visits.test_it_looks_and_does_nothing_else(
            visitor, here, Door("audit", see=Right.AUDIT)
        )


def test_that_a_visitor_sends_nothing(here: Side, without: Any) -> None:
    person = new_staff()
    client = verify(sign_in(person), person)
    without("portal.web.access._is_visitor_sending", lambda seat, request: False)
    with noticed():
        test_visits.test_staff_who_is_a_member_leaves_nothing_on_a_visit(client, here)


def test_the_second_factor_of_staff(db: None, without: Any) -> None:
    without("django_otp.middleware.is_verified", lambda user: True)
    with noticed():
        test_staff.test_it_asks_staff_for_a_second_factor(new_staff())


def test_the_short_sessions_of_staff(db: None, without: Any) -> None:
    person = new_staff()
    client = verify(sign_in(person), person)
    without("ekyam.staff_door._is_too_long", lambda request, now: False)
    with noticed():
        test_staff.test_it_forgets_staff_soon(client, "staff_signed_in_at", 241)


def test_the_place_that_a_secret_is_bound_to(without: Any) -> None:
    without("ekyam.vault._associated_data", lambda header, *place: header)
    with noticed():
        test_vault.test_it_tells_apart_places_whose_names_run_together()


def test_the_addresses_that_are_refused(without: Any) -> None:
    without("ekyam.sockets.is_refused", lambda address: False)
    with noticed():
        test_outbound.test_it_refuses_addresses_that_are_not_public("127.0.0.1")


def test_the_blanking_of_the_audit_log(world: World, without: Any) -> None:
    without("ekyam.audit.record.redact", lambda values: values)
    from ekyam.tenants.scope import tenant_scope

    with tenant_scope(world.here.tenant), noticed():
        test_audit.test_it_blanks_what_looks_secret(world.here.tenant)


@pytest.fixture
def person(world: World) -> User:
    return world.here.viewer


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.here.tenant, world.here.owner)


def test_the_second_factor_after_a_password(person: User, without: Any) -> None:
    without("ekyam.people.stages.SecondFactorStage.handle", lambda stage: (None, True))
    with noticed():
        test_second_factor.test_it_lets_in_by_password_and_code_of_the_app(person)


def test_that_a_code_is_used_up(person: User, without: Any) -> None:
    without("ekyam.people.models.TotpFactor.save", lambda factor, **given: None)
    factor = TotpFactor(user=person, confirmed=True)
    factor.make_secret()
    TotpFactor.objects.bulk_create([factor])
    without("tests.signing_in.test_totp.add_totp", lambda user: TotpFactor.objects.get(user=user))
    with noticed():
        test_totp.test_it_takes_a_code_once(person)


def test_the_count_of_wrong_codes(person: User, without: Any) -> None:
    without("ekyam.people.limits.Limit.count", lambda limit, subject, now: None)
    with noticed():
        test_totp.test_it_refuses_everything_after_ten_wrong_ones(person)


def test_the_digest_of_a_key(desk: Desk, without: Any) -> None:
    without("ekyam.keys.authenticate._match", lambda rows, written: next(iter(rows), None))
    with noticed():
        test_keys.test_it_refuses_the_wrong_secret_and_tells_the_company(desk, new_address())


def test_the_end_of_a_key(desk: Desk, without: Any) -> None:
    without("ekyam.keys.authenticate._check_life", lambda row, holder: None)
    with noticed():
        test_keys.test_it_refuses_what_has_expired(desk, new_address())


def test_that_a_key_may_no_more_than_its_maker(desk: Desk, without: Any) -> None:
    without("ekyam.keys.authenticate.rights_of", lambda role: frozenset(Right))
    with noticed():
        test_keys.test_it_does_no_more_than_its_maker_may_today(desk, new_address())


def test_that_a_signing_key_still_counts(desk: Desk, without: Any) -> None:
    without("ekyam.keys.signing.is_published", lambda kid: Value(True))
    with noticed():
        test_signing.test_a_leaked_key_ends_at_once(desk.application(), new_address())


# In the database, where the owner takes them away in a transaction that is rolled back.
LAX = (
    ("row-level security", "ALTER TABLE flows_delivery DISABLE ROW LEVEL SECURITY"),
    ("that it binds the owner", "ALTER TABLE flows_delivery NO FORCE ROW LEVEL SECURITY"),
    ("a policy", "DROP POLICY tenant_only ON flows_delivery"),
    ("a policy's word", "ALTER POLICY tenant_only ON flows_delivery USING (true)"),
    ("a policy of the audit log", "DROP POLICY tenant_only ON audit_auditentry"),
    ("a policy of visits", "DROP POLICY tenant_only ON visits_visit"),
    ("that keys hold the tenant", "CREATE UNIQUE INDEX lax ON flows_record (reference)"),
)


@pytest.fixture
def database_owner(db: None) -> Iterator[psycopg.Connection]:
    with connect_as_owner() as connection:
        yield connection
        connection.rollback()


@pytest.mark.parametrize(("guard", "sentence"), LAX, ids=[guard for guard, _ in LAX])
def test_what_the_catalogue_says(
    database_owner: psycopg.Connection, guard: str, sentence: str
) -> None:
    database_owner.execute(sentence.encode())
    with noticed():
        test_tenant_isolation.test_it_leaves_no_hole_between_tenants(database_owner)


def test_the_key_that_ties_a_reference(database_owner: psycopg.Connection) -> None:
    found = database_owner.execute(
        "SELECT conname FROM pg_constraint WHERE contype = 'f'"
        " AND conrelid = 'flows_delivery'::regclass AND conname LIKE '%flow_id_same_tenant%'"
    ).fetchone()
    assert found
    database_owner.execute(f'ALTER TABLE flows_delivery DROP CONSTRAINT "{found[0]}"'.encode())
    with noticed():
        test_tenant_isolation.test_it_ties_every_reference_within_a_tenant(database_owner)


# And what only shows when it is away for all: committed, and put back.
@contextmanager
def changed(there: str, back: str) -> Iterator[None]:
    with connect_as_owner(autocommit=True) as owner:
        owner.execute(there.encode())
        try:
            yield
        finally:
            owner.execute(back.encode())


@pytest.mark.django_db(transaction=True)
def test_that_the_database_itself_keeps_companies_apart() -> None:
    """With the right scope, and a query that forgets nothing; only the policies are gone."""
    world = build_world()
    here, there = furnish(world.here), furnish(world.there)
    table = "ALTER TABLE connectors_connection {} ROW LEVEL SECURITY"
    with changed(table.format("DISABLE"), table.format("ENABLE")), noticed():
        test_isolation.test_it_shows_outsiders_nothing(here, there, CONNECTION)


@pytest.mark.django_db(transaction=True)
def test_the_grants_of_the_audit_log() -> None:
    world, runtime = build_world(), project.DATABASES["default"]["USER"]
    grant = f"GRANT UPDATE ON audit_auditentry TO {runtime}"
    back = f"REVOKE UPDATE ON audit_auditentry FROM {runtime}"
    with changed(grant, back), noticed():
        test_audit.test_it_is_changed_by_no_role_that_runs(world, test_audit.REFUSED[0])


@pytest.mark.django_db(transaction=True)
def test_the_trigger_of_the_audit_log() -> None:
    table = "ALTER TABLE audit_auditentry {} TRIGGER only_added_to"
    with changed(table.format("DISABLE"), table.format("ENABLE")), noticed():
        test_audit.test_it_is_not_even_changed_by_its_owner(build_world(), test_audit.REFUSED[0])
