"""What is held, and lookup tables and rates, as people see and change them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from ekyam.tenants.scope import tenant_scope
from flows.models import Delivery, LookupRow, Rate
from flows.states import State
from portal.web import lookup_tables
from tests.portal import build
from tests.portal.conftest import Side

CARRIERS = "shopify_carriers"


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.fixture
def held(here: Side) -> list[Delivery]:
    """Two by one rule, one by another."""
    with tenant_scope(here.company.tenant):
        more = [build.waiting(here.shop, number) for number in ("1007", "1008")]
        found = [build.hold(one) for one in (here.parked, more[0])]
        return [*found, build.hold(more[1], "Countries", "We do not ship there")]


def state_of(here: Side, one: Delivery) -> str:
    with tenant_scope(here.company.tenant):
        return Delivery.objects.get(pk=one.pk).state


def test_home_and_the_queue_show_what_is_held(owner: Client, held: list[Delivery]) -> None:
    home = text_of(owner.get("/"))
    assert "3 records held for review." in home and "2 held by «Large»" in home
    queue = text_of(owner.get("/held/"))
    assert "3 records wait for a person" in queue and "#1008" in queue
    one = text_of(owner.get("/held/?rule=Countries"))
    assert "#1008" in one and "#1007" not in one


def test_one_is_released_or_rejected_with_a_reason(
    here: Side, owner: Client, held: list[Delivery]
) -> None:
    owner.post(f"/held/{held[0].public_id}/release/")
    assert state_of(here, held[0]) == State.PENDING
    again = owner.post(f"/held/{held[0].public_id}/release/", follow=True)
    assert "It is «In the queue», and held no more." in text_of(again)
    address = f"/held/{held[1].public_id}/reject/"
    for reason in ("", "  ", "x" * 301):
        said = "It is longer than" if reason.strip() else "Say why"
        assert said in text_of(owner.post(address, {"reason": reason}))
    assert state_of(here, held[1]) == State.PARKED
    owner.post(address, {"reason": "A test of ours"})
    assert state_of(here, held[1]) == State.CANCELLED


def test_many_go_after_a_look_and_only_those_that_were_shown(
    here: Side, owner: Client, held: list[Delivery]
) -> None:
    shown = text_of(owner.get("/held/all/release/?rule=Large"))
    assert "2 records" in shown and "#1007" in shown and "#1008" not in shown
    until = shown.split('name="until" value="')[1].split('"')[0]
    with tenant_scope(here.company.tenant):
        Delivery.objects.filter(pk=held[1].pk).update(parked_at=timezone.now())  # held after that
    owner.post("/held/all/release/?rule=Large", {"until": until})
    assert [state_of(here, one) for one in held[:2]] == [State.PENDING, State.PARKED]
    assert "Say why" in text_of(owner.post("/held/all/reject/?rule=Countries", {}))
    assert state_of(here, held[2]) == State.PARKED
    owner.post("/held/all/reject/?rule=Countries", {"until": "2026-13-45", "reason": "Not there"})
    assert state_of(here, held[2]) == State.CANCELLED
    assert owner.get("/held/?flow=flw_nothing").status_code == 404


# --- Lookup tables ------------------------------------------------------------------------------


@pytest.fixture
def lacking(here: Side) -> list[Delivery]:
    with tenant_scope(here.company.tenant):
        return [
            build.lack_row(build.waiting(here.shop, str(number)), CARRIERS, "Blue Dart: Air")
            for number in (1007, 1008)
        ]


def rows_of(here: Side, table: str = CARRIERS) -> dict[str, str]:
    with tenant_scope(here.company.tenant):
        return dict(LookupRow.objects.filter(table=table).values_list("key", "value"))


def test_a_value_without_a_row_is_a_task(
    here: Side, owner: Client, lacking: list[Delivery]
) -> None:
    assert "2 wait for a row" in text_of(owner.get("/"))
    for address in ("/tables/", f"/tables/one/?table={CARRIERS}"):
        assert "Add the row and heal the 2" in text_of(owner.get(address))
    row = {"table": CARRIERS, "key": "Blue Dart: Air", "value": "7"}
    answer = owner.post("/tables/rows/", row, follow=True)
    assert "2 that waited go on now." in text_of(answer)
    # They were not read yet, and are read anew.
    assert {state_of(here, one) for one in lacking} == {State.SUPERSEDED}


def test_of_very_many_values_those_are_shown_that_hold_up_most(
    here: Side, owner: Client, lacking: list[Delivery], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup_tables, "MOST_MISSING", 1)
    with tenant_scope(here.company.tenant):
        other = build.waiting(here.shop, "1009")
        Delivery.objects.filter(pk=other.pk).update(waits_for=f"row:{CARRIERS}:Other")
    for address in ("/tables/", f"/tables/one/?table={CARRIERS}"):
        text = text_of(owner.get(address))
        assert "1 of 2 are shown" in text and "heal the 2" in text and "Other" not in text
    assert "2 values have no row, and 3 records wait for them." in text_of(owner.get("/tables/"))


def test_a_row_that_is_another_by_now_is_shown_before_it_is_changed(
    here: Side, owner: Client
) -> None:
    row = {"table": CARRIERS, "key": "DHL"}
    for value in ("4", "4"):  # a double click
        assert owner.post("/tables/rows/", {**row, "value": value, "seen": ""}).status_code == 302
    for seen in ("", "3"):
        text = text_of(owner.post("/tables/rows/", {**row, "value": "5", "seen": seen}))
        assert "«DHL» is «4» by now." in text and 'name="seen" value="4"' in text
        assert 'value="5"' in text
    assert rows_of(here) == {"DHL": "4"}
    assert owner.post("/tables/rows/", {**row, "value": "5", "seen": "4"}).status_code == 302
    gone = {"table": CARRIERS, "key": "UPS", "value": "6", "seen": "2"}
    assert "«UPS» was removed meanwhile." in text_of(owner.post("/tables/rows/", gone))
    assert rows_of(here) == {"DHL": "5"}


def test_rows_are_added_changed_found_and_removed(here: Side, owner: Client) -> None:
    for key, value in (("DHL", "4"), ("FedEx", "5"), ("DHL", "6")):
        owner.post("/tables/rows/", {"table": CARRIERS, "key": key, "value": value})
    assert rows_of(here) == {"DHL": "6", "FedEx": "5"}
    owner.get("/")  # which says what was done
    found = text_of(owner.get(f"/tables/one/?table={CARRIERS}&q=fed"))
    assert "FedEx" in found and "DHL" not in found
    for key, value in (("", "1"), ("x" * 201, "1"), ("a", " "), ("a\x07b", "1")):
        answer = owner.post("/tables/rows/", {"table": CARRIERS, "key": key, "value": value})
        assert answer.status_code == 200 and 'role="alert"' in text_of(answer)
    nowhere = owner.post("/tables/rows/", {"key": "a", "value": "b"})
    assert nowhere.status_code == 200 and 'role="alert"' in text_of(nowhere)
    assert rows_of(here) == {"DHL": "6", "FedEx": "5"}
    with tenant_scope(here.company.tenant):
        row = LookupRow.objects.get(key="DHL")
    owner.post(f"/tables/rows/{row.public_id}/remove/")
    assert rows_of(here) == {"FedEx": "5"}
    assert owner.get("/tables/one/?table=nothing").status_code == 404


def test_an_import_says_first_what_would_change(here: Side, owner: Client) -> None:
    owner.post("/tables/rows/", {"table": CARRIERS, "key": "DHL", "value": "4"})
    text = "key,value\nDHL,5\nFedEx,6\n"
    plan = text_of(owner.post("/tables/import/", {"table": CARRIERS, "text": text, "do": "plan"}))
    assert "1 added, 1 changed, 0 the same" in plan and "Import it" in plan
    assert rows_of(here) == {"DHL": "4"}
    owner.post("/tables/import/", {"table": CARRIERS, "text": text, "do": "apply"})
    assert rows_of(here) == {"DHL": "5", "FedEx": "6"}
    taken = owner.get(f"/tables/csv/?table={CARRIERS}").content.decode()
    again = owner.post("/tables/import/", {"table": CARRIERS, "text": taken, "do": "plan"})
    assert "0 added, 0 changed, 2 the same" in text_of(again)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"key,value\nDHL\n", "too few columns"),
        (b"key,value\nDHL,1\nDHL,2\n", "stands there twice"),
        (b"name;worth\na;b\n", "must name the columns"),
        (b"\x89PNG\r\n\x1a\n\xff", "no text in UTF-8"),
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf \n", "The file is empty."),
    ],
)
def test_a_bad_file_changes_nothing(here: Side, owner: Client, body: bytes, said: str) -> None:
    for do in ("plan", "apply"):
        sent = {"table": CARRIERS, "do": do, "file": SimpleUploadedFile("a.csv", body)}
        answer = owner.post("/tables/import/", sent)
        assert answer.status_code == 200 and said in text_of(answer)
        assert "Nothing is to be done" not in text_of(answer)
    assert rows_of(here) == {}


def test_rates_come_in_and_go_out(here: Side, owner: Client) -> None:
    text = "base,quote,day,rate\neur,INR,2026-05-01,100\nUSD,INR,2026-05-01,83.125\n"
    assert "2 added" in text_of(owner.post("/rates/import/", {"text": text, "do": "plan"}))
    owner.post("/rates/import/", {"text": text, "do": "apply"})
    with tenant_scope(here.company.tenant):
        assert Rate.objects.count() == 2
    shown = text_of(owner.get("/rates/"))
    assert "1 EUR in INR" in shown and "83.125" in shown and ">100<" in shown
    taken = owner.get("/rates/csv/").content.decode()
    again = text_of(owner.post("/rates/import/", {"text": taken, "do": "plan"}))
    assert "0 added, 0 changed, 2 the same" in again
    bad = owner.post(
        "/rates/import/", {"text": "base,quote,day,rate\nEUR,INR,x,NaN", "do": "apply"}
    )
    assert bad.status_code == 200 and "is no day" in text_of(bad)


def test_what_waits_longest_stands_first(here: Side, owner: Client, held: list[Delivery]) -> None:
    with tenant_scope(here.company.tenant):
        Delivery.objects.filter(pk=held[2].pk).update(parked_at=here.shop.now - timedelta(days=2))
    queue = text_of(owner.get("/held/"))
    assert queue.index("Countries") < queue.index("Large")
