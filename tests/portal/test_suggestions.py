"""Suggestions from the rows to the page: what is offered, what is learned, and what stays home."""

import copy
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from connectors.lines import Line, Mapping
from connectors.registry import folder_of
from connectors.steps import ToText
from ekyam.audit.models import AuditEntry
from ekyam.tenants.scope import tenant_scope
from flows.mapping.logic import Logic
from flows.models import Flow, OwnChoice, SharedTally, Version
from flows.operations.choices import remember_choice
from flows.operations.suggest import look_for_suggestions
from flows.operations.versions import save_draft
from flows.queries.sides import Side as FlowSide
from flows.queries.sides import subject_of
from flows.queries.suggestions import (
    Found,
    Offer,
    find_found,
    keep_found,
    knowledge_of,
    place_of,
)
from tests.portal import build
from tests.portal.conftest import Side, sign_in
from tests.sso.web_server import Answer, Asked, serving
from tests.world import World

SIDES: tuple[FlowSide, ...] = ("reader", "writer")
SECRET_NAME = "asha_sharma_gift_list"  # looks like any field, and is one company's own
CUSTOM = "custom_note_of_juniper"
VALUE = "asha.of.juniper@private.example"
BARE = Logic(reader=Mapping((Line("id", "id", (ToText(),), required=True),)))


def flow_of(side: Side) -> Flow:
    return Flow.objects.select_related("source", "target", "version").get(
        pk=side.shop.flow("Orders").pk
    )


def receive_orders(side: Side, count: int = 3) -> None:
    """As Shopify sends them, with two fields of the company's own."""
    sample = json.loads((folder_of("shopify") / "samples" / "orders.json").read_text())
    for number in range(count):
        order = copy.deepcopy(sample) | {"id": 9000 + number, "email": VALUE}
        order |= {SECRET_NAME: f"gift for {VALUE}", CUSTOM: "no"}
        at = side.shop.now - timedelta(minutes=number)
        side.shop.event("shopify", "orders/create", at, order)


def receive_and_draft(side: Side) -> int:
    """The edition of the draft."""
    with tenant_scope(side.company.tenant):
        receive_orders(side)
    return draft(side).edition


def look(side: Side, which: FlowSide = "reader") -> Found:
    with tenant_scope(side.company.tenant):
        flow = flow_of(side)
    look_for_suggestions(tenant_id=flow.tenant_id, flow_id=flow.pk, side=which)
    with tenant_scope(side.company.tenant):
        found = find_found(place_of(flow, which))
    assert found is not None
    return found


def draft(side: Side, logic: Logic = BARE) -> Version:
    with tenant_scope(side.company.tenant):
        return save_draft(flow_of(side), logic, edition=0)


def address(side: Side, end: str = "") -> str:
    return f"/flows/{side.shop.flow('Orders').public_id}/suggestions/{end}"


def send(client: Client, side: Side, do: str, attribute: str, source: str, **more: str) -> Any:
    form = {"do": do, "side": "reader", "attribute": attribute, "source": source, **more}
    return client.post(address(side, "answer/"), form, headers={"hx-request": "true"})


def say(side: Side, source: str, *, is_accepted: bool, attribute: str = "number") -> None:
    with tenant_scope(side.company.tenant):
        flow = flow_of(side)
        remember_choice(flow, "reader", attribute=attribute, source=source, is_accepted=is_accepted)


def tallies() -> dict[tuple[str, str], tuple[int, int]]:
    rows = SharedTally.objects.all()
    return {(one.attribute, one.source): (one.accepted, one.refused) for one in rows}


# --- What is found ------------------------------------------------------------------------------


def test_it_suggests_by_the_flows_own_records(here: Side) -> None:
    with tenant_scope(here.company.tenant):
        receive_orders(here)
    found = look(here)
    assert found.has_records
    best = {path: offers[0].source for path, offers in found.offers.items()}
    assert best["email"] == "email"
    assert best["currency"] == "currency"
    assert best["lines[].sku"] == "line_items[].sku"
    assert found.offers["lines[].sku"][0].confidence > 0.7


def test_it_suggests_by_the_connectors_examples_before_any_record_has_come(world: World) -> None:
    tenant = world.here.tenant
    with tenant_scope(tenant):
        flow = build.Shop(tenant).open().flow("Orders")
    for which in SIDES:
        look_for_suggestions(tenant_id=tenant.pk, flow_id=flow.pk, side=which)
        with tenant_scope(tenant):
            found = find_found(place_of(flow, which))
        assert found and not found.has_records and "email" in found.offers


def test_it_suggests_for_the_writer_by_the_standards_attributes(here: Side) -> None:
    with tenant_scope(here.company.tenant):
        receive_orders(here)
    found = look(here, "writer")
    assert found.has_records
    assert found.offers["email"][0].source == "email"
    with tenant_scope(here.company.tenant):
        subject = subject_of(flow_of(here), "writer")
    assert subject.stream == "to:upsert_sales_order"
    assert set(found.offers) <= {one.path for one in subject.attributes}


def test_it_keeps_what_was_found_sealed(here: Side) -> None:
    with tenant_scope(here.company.tenant):
        receive_orders(here)
        flow = flow_of(here)
    assert VALUE in str(look(here))
    with tenant_scope(here.company.tenant):
        assert VALUE.encode() not in cache.get(place_of(flow, "reader").key)


# --- The page -----------------------------------------------------------------------------------


def test_it_looks_away_from_the_request_and_asks_again(here: Side, owner: Client) -> None:
    page = owner.get(address(here)).content.decode()
    assert "Looking at the newest records" in page and "looks=1" in page
    page = owner.get(address(here) + "?looks=60").content.decode()
    assert "It takes longer than it should" in page and 'hx-trigger="load' not in page


def test_it_shows_what_nothing_fills_with_its_evidence(here: Side, owner: Client) -> None:
    with tenant_scope(here.company.tenant):
        receive_orders(here)
    draft(here)
    look(here)
    page = owner.get(address(here)).content.decode()
    assert "<code>currency</code>" in page and "Almost certain" in page
    assert "means «email»" in page or "means «e mail»" in page or VALUE in page


def test_it_fills_lists_by_what_is_inside_them(here: Side, owner: Client) -> None:
    edition = receive_and_draft(here)
    look(here)
    page = owner.get(address(here)).content.decode()
    assert "<code>lines[].sku</code>" in page and "<code>lines</code>" not in page
    said = {"attribute": "lines[].sku", "source": "line_items[].sku", "edition": str(edition)}
    send(owner, here, "accept", **said)
    with tenant_scope(here.company.tenant):
        line = Version.objects.get().logic["reader"]["lines"][1]
    assert (line["target"], line["source"]) == ("lines", "line_items")
    assert [one["target"] for one in line["each"]] == ["sku"]


def test_it_puts_what_is_accepted_into_the_draft_and_remembers_it(
    here: Side, owner: Client
) -> None:
    edition = receive_and_draft(here)
    look(here)
    answer = send(owner, here, "accept", "currency", "currency", edition=str(edition))
    assert answer.status_code == 200
    assert "currency is filled from currency in the draft." in answer.content.decode()
    with tenant_scope(here.company.tenant):
        version = Version.objects.get()
        assert version.edition == edition + 1
        assert version.logic["reader"]["lines"][1]["target"] == "currency"
        assert OwnChoice.objects.get().is_accepted
        entry = AuditEntry.objects.order_by("number").last()
    told = {"edition": edition + 1, "attribute": "currency", "source": "currency"}
    assert entry and (entry.action, entry.after) == ("flow_version.drafted", told)
    assert tallies() == {("currency", "currency"): (1, 0)}


def test_it_leads_to_the_line_whose_table_a_person_must_fill(here: Side, owner: Client) -> None:
    """Where nothing that came is one of the attribute's words, nobody else knows which it is."""
    edition = receive_and_draft(here)
    offer = Offer("financial_status", 0.9, (), ())
    with tenant_scope(here.company.tenant):
        place = place_of(flow_of(here), "reader")
        keep_found(place, Found({"status": (offer,)}, has_records=True))
    answer = send(owner, here, "accept", "status", "financial_status", edition=str(edition))
    line = answer.headers["HX-Redirect"]
    assert line.endswith("/mapping/line/?side=reader&line=status")
    page = owner.get(line).content.decode()
    assert "Add the step «Choose by a table»" in page and 'value="financial_status"' in page
    assert owner.get(address(here)).content.decode().count("Choose by a table") == 0


def test_it_does_not_offer_again_what_was_refused(here: Side, owner: Client) -> None:
    receive_and_draft(here)
    look(here)
    answer = send(owner, here, "refuse", "currency", "currency").content.decode()
    assert 'aria-label="currency for currency' not in answer
    assert 'aria-label="email for email' in answer
    assert tallies() == {("currency", "currency"): (0, 1)}


def test_it_saves_and_learns_nothing_over_what_another_saved(here: Side, owner: Client) -> None:
    edition = receive_and_draft(here)
    look(here)
    answer = send(owner, here, "accept", "currency", "currency", edition=str(edition + 7))
    assert "was changed meanwhile" in answer.content.decode()
    with tenant_scope(here.company.tenant):
        assert Version.objects.get().edition == edition
        assert not OwnChoice.objects.exists()
    assert tallies() == {}


@pytest.mark.parametrize(
    "form", [{"source": "of nobody"}, {"attribute": "email; DROP"}, {"side": "x"}]
)
def test_it_takes_only_what_was_suggested(here: Side, owner: Client, form: dict[str, str]) -> None:
    look(here)
    given = {"do": "accept", "attribute": "nothing", "source": "email", "side": "reader"} | form
    answer = owner.post(address(here, "answer/"), given, headers={"hx-request": "true"})
    assert "no longer suggested" in answer.content.decode()
    assert owner.post(address(here, "answer/"), given | {"do": "burn"}).status_code == 400


# --- One voice for each company -----------------------------------------------------------------


def test_it_counts_a_company_once_however_often_it_clicks(here: Side, there: Side) -> None:
    for _ in range(3):
        say(here, "name", is_accepted=True)
    say(there, "name", is_accepted=True)
    assert tallies() == {("number", "name"): (2, 0)}
    with tenant_scope(here.company.tenant):
        assert AuditEntry.objects.filter(action="suggestion.accepted").count() == 1


def test_it_takes_the_earlier_voice_back_from_who_changes_its_mind(here: Side) -> None:
    say(here, "name", is_accepted=True)
    say(here, "name", is_accepted=False)
    assert tallies() == {("number", "name"): (0, 1)}


def test_it_lets_others_learn_from_what_is_the_vendors(here: Side, there: Side) -> None:
    say(here, "name", is_accepted=True)
    with tenant_scope(there.company.tenant):
        known = knowledge_of(subject_of(flow_of(there), "reader"))
    assert [(key[2:], tally.accepted) for key, tally in known.tallies.items()] == [
        (("number", "name"), 1)
    ]


# --- What stays home ----------------------------------------------------------------------------


@pytest.mark.parametrize("source", [SECRET_NAME, CUSTOM, f'"{VALUE}".total', "x" * 201])
def test_it_shares_no_field_of_a_companys_own(here: Side, there: Side, source: str) -> None:
    say(here, source, is_accepted=True)
    assert tallies() == {}
    with tenant_scope(here.company.tenant):
        assert VALUE not in str(list(AuditEntry.objects.values()))
        own = knowledge_of(subject_of(flow_of(here), "reader")).tallies
        assert len(own) == (len(source) <= 200)
    with tenant_scope(there.company.tenant):
        assert not OwnChoice.objects.exists()
        assert knowledge_of(subject_of(flow_of(there), "reader")).tallies == {}


def test_no_name_and_no_value_of_a_company_leaves_it(
    here: Side, there: Side, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Not to the shared table, the model, the logs, or another company's page."""
    asked: list[Asked] = []

    def model(request: Asked) -> Answer:
        asked.append(request)
        told = '[{"attribute": "number", "source": "name", "confidence": 0.9}]'
        return Answer(json.dumps({"choices": [{"message": {"content": told}}]}))

    caplog.set_level("DEBUG")
    with tenant_scope(here.company.tenant):
        receive_orders(here)
    with serving(model) as url:
        settings.EKYAM_MODEL_URL, settings.EKYAM_MODEL_KEY = f"{url}/v1/chat", "sk-never-told"
        settings.EKYAM_MODEL_NAME = "small"
        found, other = look(here), look(there)
    assert SECRET_NAME in str(found) or CUSTOM in str(found) or VALUE in str(found)
    say(here, SECRET_NAME, is_accepted=True, attribute="note")
    say(here, CUSTOM, is_accepted=True, attribute="note")
    page = sign_in(there.company.owner).get(address(there) + "?all=1").content.decode()
    with tenant_scope(there.company.tenant):
        theirs = str(list(OwnChoice.objects.values()))
    logged = caplog.text + "".join(str(vars(one)) for one in caplog.records)
    places = {
        "prompt": "".join(one.body for one in asked),
        "shared": str(list(SharedTally.objects.values())),
        "log": logged,
        "page": page,
        "kept": str(other),
        "rows": theirs,
    }
    assert len(asked) == 2 and "line_items[].sku" in places["prompt"]
    for name in (SECRET_NAME, CUSTOM, VALUE):
        assert [place for place, text in places.items() if name in text] == []
    assert asked[0].headers["authorization"] == "Bearer sk-never-told"
    assert [place for place, text in places.items() if "sk-never-told" in text] == []
    assert any(one.sort == "model" for offer in found.offers["number"] for one in offer.evidence)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer("no", status=401), r"refused to answer \(HTTP 401\)"),
        (Answer("<html>"), "did not answer in JSON"),
        (Answer("{}"), "without a text"),
    ],
)
def test_it_says_that_a_model_was_of_no_use(
    here: Side, settings: Any, answer: Answer, words: str, owner: Client
) -> None:
    with serving(lambda asked: answer) as url:
        settings.EKYAM_MODEL_URL = url
        found = look(here)
    assert re.search(words, found.said)
    assert "by names and values alone" in owner.get(address(here)).content.decode()
    assert found.offers


def test_it_says_that_a_model_was_not_reached(here: Side, settings: Any) -> None:
    settings.EKYAM_MODEL_URL = "http://127.0.0.1:9/nobody-listens"
    assert "could not be reached in time" in look(here).said
