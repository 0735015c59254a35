"""Several attributes of many dead letters at once: typed in rows, tried together, and sent."""

import html
import re
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from ekyam.audit.actors import EKYAM
from ekyam.audit.models import AuditEntry
from ekyam.tenants.scope import tenant_scope
from flows.models import BulkAct, Deed, Delivery
from flows.operations.deliver import deliver_to
from flows.operations.mend import work
from flows.queries.spoken_of import find_spoken_of
from flows.states import State
from portal.web.change_rows import MOST_ROWS
from tests.portal import test_browser
from tests.portal.build import warehouse_order
from tests.portal.conftest import Side
from tests.portal.test_dead_letters import fresh, key_of, read, refuse
from tests.portal.test_mend_letters import mend
from tests.portal.test_places_browser import connect_sandbox
from tests.sandboxes import TOKEN, ask, sandbox_server

side = test_browser.side
LACKS = "has no complete shipping address: line1, city, country missing."
ADDRESS = {"line1": "12 MG Road", "city": "Pune", "country": "IN"}
PATHS = [f"shipping_address.{name}" for name in ADDRESS]
ROWS = {"path": PATHS, "value": list(ADDRESS.values())}


def lacking(side: Side, number: str) -> Delivery:
    """Dead of an order with no more of an address than a name, before anything was sent."""
    standard = {**warehouse_order(number), "shipping_address": {"name": "Asha Rao"}}
    standard["lines"][0]["sku"] = "EKM-MUG"
    return refuse(
        side,
        number,
        standard=standard,
        failure="mapping_failed",
        reason=f"Order SO{number} {LACKS}",
        line="shipping_address",
        attempts_made=0,
    )


@pytest.fixture
def letters(here: Side) -> list[Delivery]:
    return [lacking(here, str(2000 + number)) for number in range(3)]


def address_of(side: Side, letter: Delivery) -> str:
    return f"/dead-letters/{key_of(side, letter)}/mend/?deed=set"


def send(client: Client, address: str, **form: Any) -> str:
    answer = client.post(address, form)
    assert answer.status_code == 200, answer.status_code
    return html.unescape(re.sub(r"\s+", " ", answer.content.decode()))


def look(client: Client, address: str, **form: Any) -> str:
    return send(client, address, do="look", **form)


def chosen(text: str) -> list[str]:
    return re.findall(r'<option value="([^"]+)" selected', text)


def test_it_offers_a_row_for_each_attribute_that_the_refusal_names(
    here: Side, owner: Client, letters: list[Delivery]
) -> None:
    text = read(owner, address_of(here, letters[0]))
    assert chosen(text) == PATHS and 'id="wrong"' not in text


@pytest.mark.parametrize(
    ("reason", "line", "named"),
    [
        ("Order SO1 has no shipping address: city missing.", "", ["shipping_address.city"]),
        ("It cannot be: it is 7.", "lines[0].sku", ["lines[].sku"]),
        ("The city and the e-mail are wrong: city, email", "", ["email"]),  # whose city?
        ("The number of the order has no name.", "", []),
    ],
)
def test_it_knows_what_a_refusal_names(reason: str, line: str, named: list[str]) -> None:
    paths = ["number", "email", "lines[].sku", "shipping_address.city", "billing_address.city"]
    assert find_spoken_of(paths, reason, line) == named


def test_it_tries_all_together_and_gathers_by_what_comes_of_it(
    here: Side, owner: Client, letters: list[Delivery]
) -> None:
    address = address_of(here, letters[0])
    one = look(owner, address, path=PATHS[:1], value=["12 MG Road"])
    assert one.count("Left as it is") == 1 and '<td class="number">3</td>' in one
    assert "Nothing: with what is set here none of them holds" in one
    with tenant_scope(here.company.tenant):
        other = letters[1].standard
        other["shipping_address"]["city"] = "Delhi"
        Delivery.objects.filter(pk=letters[1].pk).update(standard=other)
    text = look(owner, address, **ROWS)
    assert "Left as it is" not in text and '<td class="number">3</td>' in text
    assert '<del>"Delhi"</del> <span class="small quiet">(1)</span>' in text
    assert 'nothing</span> <span class="small quiet">(2)</span>' in text
    assert "Set and send 3" in text
    assert {fresh(here, one).state for one in letters} == {State.DEAD}


def test_another_row_is_a_button_that_keeps_what_was_typed(
    here: Side, owner: Client, letters: list[Delivery]
) -> None:
    address = address_of(here, letters[0])
    typed = {"path": [*PATHS[:1], "note"], "value": ["12 MG Road", ""], "emptied": ["2"]}
    text = look(owner, address, add="1", **typed)
    assert chosen(text) == typed["path"] and 'value="12 MG Road"' in text
    assert text.count("<fieldset") == 3 and 'value="2" checked' in text
    assert " autofocus" in text and 'id="wrong"' not in text and "What comes of it" not in text
    full = look(owner, address, add="1", path=[""] * (MOST_ROWS - 1), value=[""] * (MOST_ROWS - 1))
    assert full.count("<fieldset") == MOST_ROWS and "Add another attribute" not in full
    assert f"At most {MOST_ROWS}" in look(owner, address, add="1", path=[""] * 90, value=["x"] * 90)


def test_it_says_what_the_system_would_lack_still(
    here: Side, owner: Client, letters: list[Delivery]
) -> None:
    with tenant_scope(here.company.tenant):
        nameless = {**(letters[1].standard or {}), "shipping_address": None}
        Delivery.objects.filter(pk=letters[1].pk).update(standard=nameless)
    address = address_of(here, letters[0])
    text = look(owner, address, **ROWS)
    assert "Dies again" in text and "shipping_name is required" in text
    assert "<strong>1</strong> of the 3 that were tried would die again" in text
    named = {key: list(values) for key, values in ROWS.items()}
    named["path"].append("shipping_address.name")
    named["value"].append("Asha Rao")
    assert "Dies again" not in look(owner, address, **named)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"path": ["note", "email", "note"], "value": ["1", "2", "3"]}, "Row 3: «note» is here tw"),
        ({"path": ["note", "email"], "value": ["1", ""]}, "Row 2: «email» has no value."),
        ({"path": ["note", ""], "value": ["1", "x"]}, "Row 2: Say of which attribute"),
        (
            {"path": ["note", "lines[].quantity"], "value": ["1", "many"]},
            "Row 2: «lines[].quantity» cannot be that: it is not a number.",
        ),
        ({"path": ["lines[].quantity"], "value": ["NaN"]}, "that nobody can reckon with"),
        ({"path": ["status"], "value": ["nonsense"]}, "which there is not"),
        ({"path": ["number"], "value": [""], "emptied": ["1"]}, "Row 1: «number» cannot be that"),
        ({"path": ["note"], "value": ["1"], "emptied": ["1"]}, "it can be one alone"),
        ({"path": ["note"] * 11, "value": ["x"] * 11}, "At most 10 attributes are set at once."),
        ({"path": ["", ""], "value": ["", ""]}, "Choose an attribute, and say its value."),
        ({}, "Choose an attribute, and say its value."),
        ({"path": "note"}, "Row 1: «note» has no value."),
        ({"value": "x", "emptied": ["²", "-1", "x"]}, "Row 1: Say of which attribute"),
        ({"path": ["<b>", "lines[].id"], "value": ["1", "2"]}, "Row 2: «lines[].id» is each"),
        ({"path": "lines[].properties." + "x" * 900, "value": "1"}, "attribute"),
        ({"path": "note", "value": "x" * 501}, "longer than 500 characters"),
    ],
)
def test_it_says_at_which_row_something_is_wrong_and_does_nothing(
    here: Side, owner: Client, letters: list[Delivery], form: dict[str, Any], said: str
) -> None:
    address = address_of(here, letters[0])
    for text in (look(owner, address, **form), send(owner, address, token=str(uuid4()), **form)):
        assert said in text and 'id="wrong"' in text
        assert "Set and send" not in text and "will be changed" not in text
    with tenant_scope(here.company.tenant):
        assert not BulkAct.objects.exists()


def test_what_was_typed_stays_out_of_the_audit_log(
    here: Side, owner: Client, letters: list[Delivery], caplog: pytest.LogCaptureFixture
) -> None:
    address = address_of(here, letters[0])
    text = look(owner, address, **ROWS)
    form = re.findall(r'<input type="hidden" name="(path|value)" value="([^"]*)"', text)
    assert [value for name, value in form if name == "value"] == ROWS["value"]
    assert owner.post(address, {**ROWS, "token": str(uuid4())}).status_code == 302
    with tenant_scope(here.company.tenant):
        act = BulkAct.objects.get()
        work.work_at(tenant_id=act.tenant_id, act_id=act.pk)
        told = list(AuditEntry.objects.filter(subject=act.public_id).values_list("after"))
        told += AuditEntry.objects.filter(action="deliveries.edited").values_list("after")
    assert len(told) == 3 and ", ".join(PATHS) in str(told)
    assert "MG Road" not in str(told) and "MG Road" not in caplog.text


def test_an_attribute_is_taken_away_where_that_is_ticked(here: Side, owner: Client) -> None:
    noted = refuse(here, "2000", standard={**warehouse_order("2000"), "note": "Ring twice"})
    mend(here, owner, "set", path="note", value="", emptied="1")
    assert not fresh(here, noted).standard.get("note")


def test_an_act_that_was_kept_with_a_single_change_goes_on_and_is_shown(
    here: Side, owner: Client
) -> None:
    with tenant_scope(here.company.tenant):
        act = BulkAct.objects.create(
            tenant=here.company.tenant,
            token=uuid4(),
            deed=Deed.SET,
            cause=UUID(key_of(here)),
            change={"path": "note", "value": "Mind the dog"},
            actor=msgspec.to_builtins(EKYAM),
            until=timezone.now(),
        )
    work.work_at(tenant_id=act.tenant_id, act_id=act.pk)
    assert fresh(here, here.dead).standard["note"] == "Mind the dog"
    text = html.unescape(read(owner, f"/mending/{act.public_id}/"))
    assert '<code>note</code> became <code>"Mind the dog"</code>' in text
    assert "An attribute was set" in read(owner, f"/dead-letters/{act.cause.hex}/")


# --- To the warehouse ---------------------------------------------------------------------------


@test_browser.pytestmark
def test_letters_without_an_address_are_mended_by_three_attributes_and_delivered(
    live_server: LiveServer, side: Side, settings: Any
) -> None:
    warehouse, tenant = side.shop.connections["whiplash"], side.company.tenant
    with sandbox_server() as port:
        settings.SANDBOX_URL, settings.SANDBOX_TOKEN = f"http://127.0.0.1:{port}", TOKEN
        letters: list[Delivery] = []

        def prepare() -> None:
            connect_sandbox(side, port, "whiplash")
            letters.extend(lacking(side, str(2000 + number)) for number in range(3))

        def do_it() -> None:
            with tenant_scope(tenant):
                act = BulkAct.objects.get()
            work.work_at(tenant_id=tenant.pk, act_id=act.pk)
            deliver_to(tenant_id=tenant.pk, target_id=warehouse.pk)
            deliver_to(tenant_id=tenant.pk, target_id=warehouse.pk)

        test_browser.elsewhere(prepare)
        with test_browser.browser_page(live_server, java_script_enabled=False) as page:
            test_browser.sign_in(page, side)
            page.goto("/dead-letters/")
            page.get_by_role("link", name=re.compile("Correct.*complete ship")).click()
            for label, value in zip(("Row 1", "Row 2"), ADDRESS.values(), strict=False):
                page.get_by_role("group", name=label).get_by_label("Value").fill(value)
            page.get_by_role("button", name="Add another attribute").click()
            expect(page.get_by_role("group", name="Row 4")).to_be_visible()
            page.get_by_role("group", name="Row 3").get_by_label("Value").fill("IN")
            page.get_by_role("group", name="Row 3").get_by_label("Value").press("Enter")
            expect(page.get_by_text("It is sent.")).to_be_visible()
            page.get_by_role("button", name="Set and send 3").click()
            expect(page.get_by_role("heading", name="Progress")).to_be_visible()
            test_browser.elsewhere(do_it)
            page.reload()
            expect(page.get_by_text("3 changed and sent again.")).to_be_visible()
            expect(page.get_by_text("shipping_address.city became")).to_be_visible()
        states: list[Delivery] = []
        test_browser.elsewhere(lambda: states.extend(fresh(side, one) for one in letters))
        assert [(one.state, one.reason) for one in states] == [(State.SUCCEEDED, "")] * 3
        there = ask(port, "whiplash", warehouse.account, "ledger")
        orders = sorted(one["order_orig"] for one in there if one["kind"] == "order")
        assert len(orders) == 3 and len(set(orders)) == 3
