"""The audit log as it is read: every deed leaves an entry, and entries are found again."""

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from ekyam.audit.actors import Actor, Kind, acting
from ekyam.audit.models import AuditEntry
from ekyam.audit.record import record
from ekyam.tenants.scope import tenant_scope
from flows.models import Flow
from tests.portal.conftest import Side, sign_in
from tests.portal.desk import SECRET, Desk, Outside, reach_outside
from tests.portal.set_up_desk import NEVER_TOLD
from tests.portal.test_isolation import DOORS

# Trying only sends the browser to the provider; what comes of it is told when it is back, which is
# `tried_provider` below.
UNTOLD = {"try_provider"}
# One press that does two things, each of them told: in this order.
TOLD_TWICE = {
    "connect_sandbox": ["connection.made", "connection.checked"],
    "change_credentials": ["connection.credentials_changed", "connection.checked"],
    "turn_on_flows": ["flow.switched_on", "set_up.finished"],
}


@pytest.fixture
def outside(settings: Any) -> Iterator[Outside]:
    with reach_outside(settings) as found:
        yield found


BY_GET = {"authorized", "tried_provider", "stock_csv", "sync_csv", "audit_csv"}
BY_GET |= {"table_csv", "rates_csv", "runs_csv", "orders_csv", "dead_letters_csv"}
WRITING = list(dict.fromkeys([*(door.name for door in DOORS if door.to), *sorted(BY_GET)]))


@pytest.mark.parametrize("door", WRITING)
def test_every_deed_leaves_one_entry_without_a_secret(
    here: Side, owner: Client, outside: Outside, door: str
) -> None:
    with tenant_scope(here.company.tenant):
        desk = Desk(here, owner, outside)
        address, form = desk.prepare(door)
        known = set(AuditEntry.objects.values_list("pk", flat=True))
    answer = owner.get(address) if door in BY_GET else owner.post(address, form)
    assert answer.status_code in (200, 302), answer.content
    with tenant_scope(here.company.tenant):
        entries = list(AuditEntry.objects.exclude(pk__in=known).order_by("number"))
        told = str(list(AuditEntry.objects.values()))
    assert SECRET not in told and NEVER_TOLD not in told
    if door in UNTOLD:
        # It was done: what is refused is redirected.
        assert answer.status_code == 200 and not entries
        return
    if door in TOLD_TWICE:
        assert [entry.action for entry in entries] == TOLD_TWICE[door]
    else:
        assert len(entries) == 1
    for entry in entries:
        assert entry.actor == here.company.owner.email and entry.actor_kind == "person"
        assert entry.address == "127.0.0.1"


@pytest.fixture
def told(here: Side) -> Side:
    """Three entries of two people and one of Ekyam itself."""
    with tenant_scope(here.company.tenant):
        with acting(Actor(Kind.PERSON, "usr_asha", "asha@juniper.example", "203.0.113.7")):
            flow = here.shop.flow("Orders")
            record(
                "flow.switched_off",
                subject=flow.public_id,
                label=flow.label,
                before={"is_on": True},
                after={"is_on": False},
            )
            record("formula.changed", label="Inventory Sync", after={"buffer": 5})
        with acting(Actor(Kind.KEY, "key_1", "=cmd|'/c calc'!A1", "198.51.100.4")):
            record("deliveries.replayed", label="rejected", after={"count": 17})
        record("visit.ended", label="staff@ekyam.example", after={"how": "by itself"})
    return here


def rows_of(client: Client, query: str) -> str:
    text = client.get(f"/audit/?{query}").content.decode()
    found = re.search(r"<tbody>.*</tbody>", text, re.DOTALL)
    return found[0] if found else ""


def test_it_says_who_did_what_and_what_became_of_it(told: Side, owner: Client) -> None:
    text = rows_of(owner, "")
    assert "asha@juniper.example" in text and "Flow switched off" in text
    assert "from 203.0.113.7" in text and "<del>yes</del>" in text and "<ins>no</ins>" in text


@pytest.mark.parametrize(
    ("query", "there", "not_there"),
    [
        ("q=switched+off", "Flow switched off", "Formula changed"),
        ("q=inventory", "Formula changed", "Flow switched off"),
        ("q=198.51", "Deliveries replayed", "Formula changed"),
        ("actor=key_1", "Deliveries replayed", "Formula changed"),
        ("action=formula.changed", "Formula changed", "Deliveries replayed"),
        ("from=2001-01-01", "Formula changed", "Nothing"),
        ("to=nonsense&after=nonsense", "Formula changed", "Nothing"),
        ("from=0001-01-01&to=9999-12-31", "Formula changed", "Nothing"),
        ("after=" + "9" * 30, "Formula changed", "Nothing"),
    ],
)
def test_it_is_searched(told: Side, owner: Client, query: str, there: str, not_there: str) -> None:
    text = rows_of(owner, query)
    assert there in text and not_there not in text


@pytest.mark.parametrize("query", ["to=2001-01-01", "from=2999-01-01", "q=nobody", "subject=x"])
def test_it_says_when_nothing_is_like_that(told: Side, owner: Client, query: str) -> None:
    assert "No entry is like this" in owner.get(f"/audit/?{query}").content.decode()


def test_it_goes_on_page_by_page_and_keeps_the_filter(here: Side, owner: Client) -> None:
    with tenant_scope(here.company.tenant):
        for number in range(120):
            record("flow.switched_on", label=f"flow {number:03}")
    seen: list[str] = []
    address = "/audit/?action=flow.switched_on"
    while address:
        text = owner.get(address).content.decode()
        seen += re.findall(r"flow (\d{3})<", text)
        found = re.search(r'href="(\?[^"]*after=[^"]*)"', text)
        address = "/audit/" + found[1].replace("&amp;", "&") if found else ""
    assert seen == [f"{number:03}" for number in reversed(range(120))]


def test_it_is_a_table_that_a_spreadsheet_may_open(told: Side, owner: Client) -> None:
    answer = owner.get("/audit/csv/?actor=key_1")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    header, row = csv.reader(io.StringIO(text))
    found = dict(zip(header, row, strict=True))
    assert found["Who"] == "'=cmd|'/c calc'!A1" and found["What"] == "Deliveries replayed"
    assert json.loads(found["Changes"]) == {"count": [None, 17]}


def test_it_says_whether_the_chain_is_whole(told: Side, owner: Client) -> None:
    with tenant_scope(told.company.tenant):
        count = AuditEntry.objects.count()
    assert f"The chain is whole: {count} entries" in owner.get("/audit/?check=1").content.decode()
    with tenant_scope(told.company.tenant):
        last = AuditEntry.objects.order_by("-number")[0]
        AuditEntry(
            tenant=told.company.tenant, number=last.number + 2, at=last.at, digest="0" * 64
        ).save(force_insert=True)
    assert "The chain is broken" in owner.get("/audit/?check=1").content.decode()


def test_it_shows_nothing_of_another_company(told: Side, there: Side) -> None:
    text = sign_in(there.company.owner).get("/audit/").content.decode()
    assert "asha@juniper.example" not in text


def test_it_tells_nothing_of_what_was_not_done(here: Side, owner: Client) -> None:
    flow: Flow = here.shop.flow("Inventory Sync")
    with tenant_scope(here.company.tenant):
        count = AuditEntry.objects.count()
    owner.post(f"/stock/flows/{flow.public_id}/formula/", {"buffer": "-1"})
    owner.post(f"/deliveries/{here.dead.public_id}/edit/", {"standard": "{"})
    with tenant_scope(here.company.tenant):
        assert AuditEntry.objects.count() == count
