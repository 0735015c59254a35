"""The audit log: a chain that tells of any change, and that nobody may change."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ekyam.audit.actors import EKYAM, Actor, Kind, acting
from ekyam.audit.listing import Wanted, changes_of, list_entries
from ekyam.audit.models import AuditEntry
from ekyam.audit.record import record
from ekyam.audit.verify import check_chain
from ekyam.tenants.models import Tenant
from ekyam.tenants.scope import across_tenants, tenant_scope
from tests.conftest import connect_as_owner
from tests.world import World, build_world

ASHA = Actor(Kind.PERSON, "usr_1", "asha@juniper.example", "203.0.113.7")
ENTRIES = 8


def write(count: int = ENTRIES) -> None:
    with acting(ASHA):
        for number in range(count):
            record("flow.switched_on", subject=f"flw_{number}", after={"is_on": True, "n": number})


@pytest.fixture
def here(world: World) -> Iterator[Tenant]:
    with tenant_scope(world.here.tenant):
        yield world.here.tenant


def test_it_says_who_did_what_from_where(here: Tenant) -> None:
    with acting(ASHA):
        record(
            "flow.switched_off",
            subject="flw_7",
            label="Orders",
            before={"is_on": True},
            after={"is_on": False},
        )
    (found,) = list_entries(Wanted())
    assert (found.actor, found.kind, found.address) == (ASHA.label, "person", ASHA.address)
    assert (found.number, found.action, found.subject) == (1, "flow.switched_off", "flw_7")
    assert [(c.name, c.before, c.after) for c in found.changes] == [("is_on", True, False)]


def test_it_is_ekyam_itself_where_nobody_acts(here: Tenant) -> None:
    assert record("sync.started").actor_kind == EKYAM.kind


def test_it_needs_a_company(world: World) -> None:
    with pytest.raises(RuntimeError, match="enter its scope first"):
        record("flow.switched_on")


def test_it_blanks_what_looks_secret(here: Tenant) -> None:
    entry = record(
        "connection.made",
        label="token=abcdefgh",
        before={"client_secret": "hush", "deep": [{"api_key": "hush"}]},
        after={"note": "Authorization: Bearer abcdefghijk", "realm": "1234567"},
    )
    told = str(AuditEntry.objects.values().get(pk=entry.pk))
    assert "hush" not in told and "abcdefgh" not in told and "1234567" in told


def test_it_goes_back_with_its_transaction(here: Tenant) -> None:
    write(2)

    class Oops(Exception):
        pass

    with pytest.raises(Oops), transaction.atomic():
        record("flow.switched_off")
        raise Oops
    write(1)
    assert [one.number for one in list_entries(Wanted())] == [3, 2, 1]
    assert check_chain().is_whole


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
anything = st.dictionaries(st.text(), values, max_size=4)


@pytest.mark.django_db
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=anything, after=anything, label=st.text(), subject=st.text())
def test_it_keeps_anything_and_reads_the_same_again(
    here: Tenant, before: Any, after: Any, label: str, subject: str
) -> None:
    record("thing.changed", subject=subject, label=label, before=before, after=after)
    assert check_chain().is_whole


# Each takes the rows of a chain, as the owner of the database might, who takes the guards away.
Tampering = Callable[[list[dict[str, Any]], st.DataObject], list[dict[str, Any]]]


def change_a_column(rows: list[dict[str, Any]], data: st.DataObject) -> list[dict[str, Any]]:
    row = data.draw(st.sampled_from(rows))
    texts = ("actor_kind", "actor_id", "actor", "address", "action", "subject", "subject_label")
    name = data.draw(st.sampled_from([*texts, "before", "after", "at", "digest", "id"]))
    if name in ("before", "after"):
        row[name] = {"is_on": False}
    elif name == "at":
        row[name] = row[name].replace(microsecond=(row[name].microsecond + 1) % 1_000_000)
    elif name == "id":
        row[name] = UUID(int=row[name].int ^ 1)
    else:
        row[name] = (row[name][:30] + "x") if name != "digest" else row[name][::-1]
    return rows


def remove_one(rows: list[dict[str, Any]], data: st.DataObject) -> list[dict[str, Any]]:
    """Not the last: see the kept heads."""
    del rows[data.draw(st.integers(0, len(rows) - 2))]
    return rows


def remove_one_and_close_the_gap(
    rows: list[dict[str, Any]], data: st.DataObject
) -> list[dict[str, Any]]:
    remove_one(rows, data)
    for number, row in enumerate(rows, start=1):
        row["number"] = number
    return rows


def swap_two(rows: list[dict[str, Any]], data: st.DataObject) -> list[dict[str, Any]]:
    one, other = data.draw(st.permutations(range(len(rows))))[:2]
    rows[one]["number"], rows[other]["number"] = rows[other]["number"], rows[one]["number"]
    return rows


def put_one_in(rows: list[dict[str, Any]], data: st.DataObject) -> list[dict[str, Any]]:
    place = data.draw(st.integers(0, len(rows) - 1))
    for row in rows[place:]:
        row["number"] += 1
    new = {**rows[place], "id": UUID(int=rows[place]["id"].int ^ 1), "number": place + 1}
    return [*rows, new]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "tamper",
    [change_a_column, remove_one, remove_one_and_close_the_gap, swap_two, put_one_in],
    ids=lambda tamper: tamper.__name__,
)
@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)
@given(data=st.data())
def test_it_finds_whatever_is_done_to_it(
    unguarded: "Unguarded", tamper: Tampering, data: st.DataObject
) -> None:
    rows = [dict(row) for row in unguarded.rows]
    assert list(unguarded.breaks_of(tamper(rows, data)))


class Unguarded:
    """A chain in a table that may be written anew: a temporary one, laid before the real one."""

    def __init__(self) -> None:
        rows: Any = AuditEntry.objects.order_by("number").values()
        self.rows: list[dict[str, Any]] = list(rows)
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TEMPORARY TABLE audit_auditentry ON COMMIT DROP AS"
                " SELECT * FROM public.audit_auditentry WITH NO DATA"
            )

    def breaks_of(self, rows: list[dict[str, Any]]) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM audit_auditentry")
        AuditEntry.objects.bulk_create(AuditEntry(**row) for row in rows)
        return check_chain().breaks


@pytest.fixture
def unguarded(here: Tenant) -> Unguarded:
    write()
    return Unguarded()


def test_it_finds_nothing_where_nothing_was_done(unguarded: Unguarded) -> None:
    assert list(unguarded.breaks_of(unguarded.rows)) == []


def test_it_knows_by_a_kept_head_that_the_end_was_cut_off(unguarded: Unguarded) -> None:
    kept = {row["number"]: row["digest"] for row in unguarded.rows[-1:]}
    assert list(unguarded.breaks_of(unguarded.rows[:-2])) == []
    assert check_chain(kept).breaks == ["Entry 8, which was kept, is missing."]
    assert check_chain({3: "0" * 64}).breaks == ["Entry 3 is another than the one that was kept."]


REFUSED = (
    "UPDATE audit_auditentry SET actor = 'nobody'",
    "DELETE FROM audit_auditentry",
    "TRUNCATE audit_auditentry",
    "UPDATE audit_auditentry SET actor = 'nobody' WHERE false",
    "INSERT INTO audit_auditentry SELECT * FROM audit_auditentry"
    " ON CONFLICT (id) DO UPDATE SET actor = 'nobody'",
)


@pytest.mark.parametrize("sentence", REFUSED)
def test_it_is_changed_by_no_role_that_runs(world: World, sentence: str) -> None:
    with tenant_scope(world.here.tenant):
        write(1)
    for scope in (tenant_scope(world.here.tenant), across_tenants("a test tries to change it")):
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            scope,
            connection.cursor() as cursor,
        ):
            cursor.execute(sentence)


@pytest.mark.parametrize("sentence", REFUSED[:-1])
def test_it_is_not_even_changed_by_its_owner(world: World, sentence: str) -> None:
    with connect_as_owner() as owner:
        with pytest.raises(psycopg.errors.RaiseException, match="only added to"):
            owner.execute(sentence.encode())
        owner.rollback()


def test_it_takes_no_row_of_another_company(world: World) -> None:
    with tenant_scope(world.here.tenant):
        write(1)
        row = AuditEntry.objects.get()
    row.pk, row.tenant_id = UUID(int=row.pk.int ^ 1), world.there.tenant.pk
    with (
        pytest.raises(DatabaseError, match="row-level security"),
        tenant_scope(world.here.tenant),
    ):
        row.save(force_insert=True)


@pytest.mark.django_db(transaction=True)
def test_it_has_no_gap_and_no_deadlock_with_many_writers() -> None:
    """Two companies, whose writers must not wait for each other's order of locks either."""
    world = build_world()
    companies = (world.here.tenant, world.there.tenant)

    def add(number: int) -> None:
        try:
            with tenant_scope(companies[number % 2]):
                record("flow.switched_on", after={"writer": number})
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add, range(60), timeout=60))
    for tenant in companies:
        with tenant_scope(tenant):
            chain = check_chain()
        assert chain.is_whole and chain.length == 30


def verify(*arguments: str) -> str:
    out = StringIO()
    call_command("verify_audit", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_tells_each_chain(world: World) -> None:
    with tenant_scope(world.here.tenant):
        write(2)
        head = check_chain().head
    text = verify()
    assert f"juniper: whole, 2 entries, head {head}" in text and "marigold: whole, 0" in text
    assert verify("--tenant", "juniper", "--heads") == f"juniper 2 {head}\n"


def test_the_command_compares_with_what_was_kept(world: World, tmp_path: Path) -> None:
    with tenant_scope(world.here.tenant):
        write(2)
    kept = tmp_path / "heads"
    kept.write_text(verify("--heads"))
    with tenant_scope(world.here.tenant):
        write(1)
    assert "juniper: whole, 3 entries" in verify("--kept", str(kept))
    kept.write_text("juniper 2 " + "0" * 64)
    with pytest.raises(SystemExit) as ended:
        verify("--kept", str(kept))
    assert ended.value.code == 1
    kept.write_text("nonsense")
    with pytest.raises(CommandError, match="no line of --heads"):
        verify("--kept", str(kept))


def test_the_command_fails_for_a_broken_chain(world: World) -> None:
    """The runtime role may add rows, also wrong ones; they are found."""
    with tenant_scope(world.here.tenant):
        write(1)
        row = AuditEntry.objects.get()
        row.pk, row.number = UUID(int=row.pk.int ^ 1), 5
        row.save(force_insert=True)
    with pytest.raises(SystemExit) as ended:
        verify("--tenant", "juniper")
    assert ended.value.code == 1
    assert "marigold: whole" in verify("--tenant", "marigold")
    with pytest.raises(CommandError, match="no company nowhere"):
        verify("--tenant", "nowhere")


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        (None, {"a": 1}, [("a", None, 1)]),
        ({"a": 1}, None, [("a", 1, None)]),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, [("b", 2, 3)]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, [("a.c", 2, 3)]),
        ({"a": []}, {"a": []}, []),
        (None, None, []),
    ],
)
def test_it_tells_what_differs(before: Any, after: Any, changes: list[Any]) -> None:
    assert [(c.name, c.before, c.after) for c in changes_of(before, after)] == changes
