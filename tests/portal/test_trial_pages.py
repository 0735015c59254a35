"""Verify and shadow runs as people see them."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from connectors.lines import Line, Mapping
from connectors.registry import folder_of
from connectors.steps import Fit
from ekyam.audit.models import AuditEntry
from ekyam.tenants.models import Role
from ekyam.tenants.scope import tenant_scope
from flows.mapping.logic import Logic
from flows.models import Event, Flow, ShadowDifference, ShadowRun, Version
from flows.operations.shadow.work import run_shadow
from flows.operations.versions import find_edition, publish, save_draft
from flows.rules.rule import Compare, Hold, Rule
from tests.portal import test_browser
from tests.portal.conftest import Side, sign_in
from tests.world import add_member

ITEMS = ("discount", "charge", "tax")
LARGE = Rule("Large", Compare("total", "above", "1"), (Hold("Look at it"),))


def order(number: int, **changed: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (folder_of("shopify") / "samples" / "orders.json").read_text()
    )
    for line in found["line_items"]:
        line["sku"] = line["sku"] or "ENGRAVING"
    return {**found, "id": number, "name": f"#{number}", **changed}


def lay_in(side: Side, *orders: dict[str, Any]) -> Flow:
    """The only ones that came, within the last hours."""
    with tenant_scope(side.company.tenant):
        Event.objects.filter(connection=side.shop.connections["shopify"]).update(
            topic="shop/update"
        )
        erp = side.shop.connections["netsuite"]
        erp.settings = {f"{kind}_item_id": "901" for kind in ITEMS}
        erp.save()
        for place, one in enumerate(orders):
            at = timezone.now() - timedelta(minutes=90 - place)
            side.shop.event("shopify", "orders/updated", at, one)
        return Flow.objects.select_related("source", "target").get(label="Orders")


def changing(flow: Flow, line: Line) -> Logic:
    """The connector's own writer with another line."""
    own = flow.action_spec.writer.lines
    return Logic(writer=Mapping(tuple(line if one.target == line.target else one for one in own)))


def draft(side: Side, flow: Flow, logic: Logic) -> Version:
    with tenant_scope(side.company.tenant):
        return save_draft(flow, logic, edition=find_edition(flow))


def at(flow: Flow, page: str) -> str:
    return f"/flows/{flow.public_id}/{page}/"


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def newest(side: Side) -> ShadowRun:
    with tenant_scope(side.company.tenant):
        return ShadowRun.objects.latest("created_at")


def work(side: Side) -> ShadowRun:
    """What a worker would do."""
    run = newest(side)
    run_shadow(tenant_id=side.company.tenant.pk, run_id=run.pk)
    return newest(side)


def unfilled(flow: Flow) -> Logic:
    own = flow.stream_spec.reader.lines
    return Logic(
        reader=Mapping(
            tuple(
                Line("number", "no_such_path", required=True) if one.target == "number" else one
                for one in own
            )
        )
    )


# --- Verify -------------------------------------------------------------------------------------


def test_it_says_what_each_attribute_gets(here: Side, owner: Client) -> None:
    flow = lay_in(here, order(1), order(2))
    text = text_of(owner.get(at(flow, "verify")))
    assert "own mapping on the newest records" in text and "All that is required is filled" in text
    assert "2 records: 2 would wait" in text
    assert "2 filled" in text and "#2" in text
    assert at(flow, "verify") in text_of(owner.get(at(flow, "mapping")))


def test_what_is_required_and_missing_comes_first(here: Side, owner: Client) -> None:
    flow = lay_in(here, order(1))
    draft(here, flow, unfilled(flow))
    text = text_of(owner.get(at(flow, "verify")))
    assert "1 thing keeps the flow from going On" in text and "«number» is required" in text
    assert "1 missing" in text and "Why 1 would fail" in text
    rows = re.findall(r'<th scope="row">.*?</th>', text)
    assert ">number<" in rows[0]
    published = text_of(owner.get(at(flow, "verify"), {"of": "published"}))
    assert "All that is required is filled" in published and "Verify the draft" in published


def test_it_says_that_it_takes_the_connectors_sample(here: Side, owner: Client) -> None:
    text = text_of(owner.get(at(here.shop.flow("Products"), "verify")))
    assert "own sample" in text


def test_a_flow_that_may_not_go_on_leads_there(here: Side, owner: Client) -> None:
    flow = lay_in(here, order(1))
    draft(here, flow, unfilled(flow))
    with tenant_scope(here.company.tenant):
        Flow.objects.filter(pk=flow.pk).update(is_on=False)
        publish(Flow.objects.get(pk=flow.pk))
    answer = owner.post(at(flow, "switch"), {"to": "on"}, follow=True)
    assert answer.redirect_chain[-1][0] == f"{at(flow, 'verify')}?of=published"
    assert "cannot go On as it is" in text_of(answer) and "«number» is required" in text_of(answer)


def test_what_is_on_does_not_go_by_a_draft_without_what_is_required(
    here: Side, owner: Client
) -> None:
    flow = lay_in(here, order(1))
    edition = draft(here, flow, unfilled(flow)).edition
    answer = owner.post(at(flow, "publish"), {"edition": edition}, follow=True)
    assert answer.redirect_chain[-1][0] == at(flow, "verify")
    assert "cannot go by this draft while it is On" in text_of(answer)
    with tenant_scope(here.company.tenant):
        assert Flow.objects.get(pk=flow.pk).version is None


# --- Shadow runs --------------------------------------------------------------------------------


def test_it_begins_is_followed_and_opened(here: Side, owner: Client) -> None:
    flow = lay_in(here, order(1, note="A long note"), order(2, note="B"))
    draft(here, flow, changing(flow, Line("memo", "note", (Fit(3),))))
    assert "See what it would have changed" in text_of(owner.get(at(flow, "shadow")))
    assert "Nobody has run this draft" in text_of(owner.get(at(flow, "publish")))
    begun = owner.post(at(flow, "shadow/start"), follow=True)
    text = text_of(begun)
    assert "It begins." in text and "every 2s" in text and ">Stop<" in text
    assert "follow it" in text_of(owner.get(at(flow, "shadow")))
    part = f"{begun.redirect_chain[-1][0]}part/"
    seen = re.search(r"seen=([^\"]+)\"", text_of(owner.get(part)))
    assert seen and owner.get(f"{part}?seen={seen[1]}").status_code == 204
    run = work(here)
    assert run.state == "done" and run.changed
    text = text_of(owner.get(f"/shadow/{run.public_id}/"))
    assert "every 2s" not in text and "2 orders: 1 changes memo, 1 waits as before" in text
    [(named, count)] = run.changed.items()
    chosen = {"kind": "changed", "attributes": named}
    text = text_of(owner.get(f"/shadow/{run.public_id}/", chosen))
    assert text.count('hx-get="/shadow/differences/') == count
    with tenant_scope(here.company.tenant):
        one = ShadowDifference.objects.select_related("event").order_by("pk")[0]
    text = text_of(owner.get(f"/shadow/differences/{one.public_id}/"))
    assert "With the draft" in text and f"/events/{one.event.public_id}/payload/" in text
    published = text_of(owner.get(at(flow, "publish")))
    assert f"/shadow/{run.public_id}/" in published and "Nobody has run" not in published


def test_it_says_why_a_record_is_held(here: Side, owner: Client) -> None:
    flow = lay_in(here, order(1))
    draft(here, flow, Logic(rules=(LARGE,)))
    owner.post(at(flow, "shadow/start"))
    run = work(here)
    text = text_of(owner.get(f"/shadow/{run.public_id}/", {"kind": "now_held", "attributes": ""}))
    assert "1 would now be held" in text
    found = re.search(r"/shadow/differences/\w+/", text)
    assert found and "by the rule «Large»" in text_of(owner.get(found[0]))


def test_it_is_stopped_once_and_both_are_recorded(here: Side, owner: Client) -> None:
    flow = lay_in(here, order(1))
    draft(here, flow, Logic(rules=(LARGE,)))
    owner.post(at(flow, "shadow/start"))
    stop = f"/shadow/{newest(here).public_id}/stop/"
    assert "It is stopped" in text_of(owner.post(stop, follow=True))
    assert "«Stopped» already" in text_of(owner.post(stop, follow=True))
    with tenant_scope(here.company.tenant):
        told = AuditEntry.objects.filter(action__startswith="shadow_run.").order_by("number")
        assert [one.action for one in told] == ["shadow_run.started", "shadow_run.stopped"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"since": "soon"}, "«soon» is not a day"),
        ({"since": "0001-01-01"}, "not a day that a window can have"),
        ({"until": "9999-12-31"}, "not a day that a window can have"),
        ({"since": "2026-05-02", "until": "2026-05-01"}, "The window is empty"),
    ],
)
def test_it_says_what_is_wrong_with_a_window(
    here: Side, owner: Client, typed: dict[str, str], said: str
) -> None:
    flow = lay_in(here, order(1))
    draft(here, flow, Logic(rules=(LARGE,)))
    answer = owner.post(at(flow, "shadow/start"), typed, follow=True)
    assert answer.status_code == 200 and said in text_of(answer)
    assert all(value in text_of(answer) for value in typed.values())


def test_there_is_nothing_to_run_without_a_draft(here: Side, owner: Client) -> None:
    flow = lay_in(here, order(1))
    assert "There is no draft to run" in text_of(owner.get(at(flow, "shadow")))
    assert "There is no draft" in text_of(owner.post(at(flow, "shadow/start"), follow=True))


def test_a_viewer_sees_them_and_begins_none(here: Side) -> None:
    flow = lay_in(here, order(1))
    draft(here, flow, Logic(rules=(LARGE,)))
    guest = sign_in(add_member(here.company.tenant, Role.VIEWER, "guest"))
    text = text_of(guest.get(at(flow, "shadow")))
    assert "Who may change mappings may begin one" in text and "First day" not in text
    assert "?side=" not in text_of(guest.get(at(flow, "verify")))


# --- In a browser -------------------------------------------------------------------------------

side = test_browser.side


@test_browser.pytestmark
def test_a_draft_is_run_over_the_past_opened_and_published(
    live_server: LiveServer, side: Side
) -> None:
    flows: list[Flow] = []
    done: list[ShadowRun] = []
    notes = ("Ring twice, please", "B")
    orders = [order(number, note=note) for number, note in enumerate(notes, 1)]
    test_browser.elsewhere(lambda: flows.append(lay_in(side, *orders)))
    with test_browser.browser_page(live_server) as page:
        test_browser.sign_in(page, side)
        page.goto(at(flows[0], "mapping/list"))
        page.get_by_role("link", name="memo", exact=True).click()
        page.get_by_label("Source").fill("number")
        page.get_by_role("button", name="Save in the draft").last.click()
        page.get_by_role("link", name="Shadow run", exact=True).click()
        page.get_by_role("button", name="See what it would have changed").click()
        expect(page.get_by_role("heading", name="It begins.")).to_be_visible()
        page.reload()
        expect(page.get_by_role("button", name="Stop")).to_be_visible()
        test_browser.elsewhere(lambda: done.append(work(side)))
        changed = page.get_by_role("heading", name="2 orders: 2 change memo")
        expect(changed).to_be_visible(timeout=10_000)
        page.get_by_role("link", name="2 change memo").click()
        page.locator(".differences summary").first.click()
        expect(page.locator("ins").first).to_have_text("#1")
        page.get_by_text("The event that it came in").first.click()
        expect(page.get_by_text("Ring twice").last).to_be_visible()
        page.get_by_role("link", name="Look at it and publish").first.click()
        page.get_by_role("button", name="Publish version 1").click()
        expect(page.get_by_text("Version 1 is published")).to_be_visible()
