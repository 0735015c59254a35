"""Many dead letters at once: previewed, done in pages, each counted once; by keyboard alone."""

import html
import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from ekyam.audit.models import AuditEntry
from ekyam.tenants.scope import tenant_scope
from flows.models import BulkAct, Delivery
from flows.operations.mend import work
from flows.states import State
from tests.portal import test_browser
from tests.portal.conftest import Side
from tests.portal.test_dead_letters import fresh, key_of, read, read_after, refuse

side = test_browser.side


def mend(side: Side, client: Client, deed: str, query: str = "", **form: str) -> BulkAct:
    """Begin it, and do what a worker would do."""
    address = f"/dead-letters/{key_of(side)}/mend/?deed={deed}{query}"
    answer = client.post(address, {"token": str(uuid4()), **form})
    assert answer.status_code == 302, answer.content
    with tenant_scope(side.company.tenant):
        act = BulkAct.objects.latest("created_at")
    work.work_at(tenant_id=act.tenant_id, act_id=act.pk)
    with tenant_scope(side.company.tenant):
        return BulkAct.objects.get(pk=act.pk)


def test_it_says_what_will_happen_and_does_it_once(here: Side, owner: Client) -> None:
    more = [refuse(here, str(2000 + number)) for number in range(4)]
    stale = more[0]
    with tenant_scope(here.company.tenant):
        event = here.shop.event("netsuite", "salesorder", timezone.now())
        newer = here.shop.delivery(here.shop.flow("Shipment Sync"), event, stale.record)
    address = f"/dead-letters/{key_of(here)}/mend/?deed=retry"
    text = read(owner, address)
    assert "5 dead letters</strong> will be sent again" in text
    assert "<strong>1</strong> is stale" in text and "No rate limit makes" in text
    form = dict(re.findall(r'name="(token|until)" value="([^"]+)"', text))
    begun = [owner.post(address, form)["Location"] for _ in range(2)]
    assert begun[0] == begun[1]
    assert "already" in read_after(owner, address, {"token": str(uuid4())})
    assert "It begins" in read(owner, begun[0]) and ">Stop<" in read(owner, begun[0])
    with tenant_scope(here.company.tenant):
        act = BulkAct.objects.get()
    work.work_at(tenant_id=act.tenant_id, act_id=act.pk)
    text = read(owner, begun[0])
    assert "4 sent again" in text and "1 superseded" in text and "every 2s" not in text
    assert fresh(here, stale).note == f"Healed by {newer.public_id}."
    assert "a later delivery of the same record" in read(owner, f"/deliveries/{stale.public_id}/")
    assert {fresh(here, one).state for one in (here.dead, *more[1:])} == {State.PENDING}
    assert owner.post(address, form)["Location"] == begun[0]
    with tenant_scope(here.company.tenant):
        told = AuditEntry.objects.filter(actor=here.company.owner.email).order_by("number")
        assert [one.action for one in told] == [
            "dead_letters.mending_started",
            "deliveries.replayed",
            "dead_letters.mending_done",
        ]
    assert "Nothing is dead of this cause" in read(owner, f"/dead-letters/{key_of(here)}/")


def test_it_goes_on_where_a_worker_has_died_and_counts_each_once(
    here: Side, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "PAGE", 2)
    for number in range(4):
        refuse(here, str(2000 + number))
    owner.post(f"/dead-letters/{key_of(here)}/mend/?deed=retry")
    with tenant_scope(here.company.tenant):
        act = BulkAct.objects.get()
        assert work._work_page(act.pk)
        again = Delivery.objects.filter(state=State.PENDING)
        assert again.count() == 2
        again.update(state=State.DEAD, finished_at=timezone.now())  # they die again at once

    def die(*_: Any) -> None:
        raise RuntimeError("The worker is gone.")

    with monkeypatch.context() as broken:
        broken.setattr(work, "_retry", die)
        work.work_at(tenant_id=act.tenant_id, act_id=act.pk)
    assert "The worker is gone." in read(owner, f"/mending/{act.public_id}/")
    work.work_at(tenant_id=act.tenant_id, act_id=act.pk)
    with tenant_scope(here.company.tenant):
        row = BulkAct.objects.get()
        assert (row.state, row.seen, row.total) == ("done", 5, 5)
        assert row.counts["done"] == 5
        assert Delivery.objects.filter(state=State.DEAD).count() == 2


def test_it_is_stopped(here: Side, owner: Client) -> None:
    owner.post(f"/dead-letters/{key_of(here)}/mend/?deed=retry")
    with tenant_scope(here.company.tenant):
        act = BulkAct.objects.get()
    stop = f"/mending/{act.public_id}/stop/"
    assert "It is stopped." in read_after(owner, stop, {})
    assert "«Stopped» already" in read_after(owner, stop, {})
    work.work_at(tenant_id=act.tenant_id, act_id=act.pk)
    assert fresh(here, here.dead).state == State.DEAD
    assert owner.get(f"/mending/{act.public_id}/part/?seen=stopped-None-0-").status_code == 204


def test_only_the_ticked_ones_are_meant(here: Side, owner: Client) -> None:
    other = refuse(here, "2000")
    act = mend(here, owner, "retry", f"&id={other.public_id}")
    assert act.counts["done"] == 1 and fresh(here, here.dead).state == State.DEAD
    gone = f"/dead-letters/{key_of(here)}/mend/?deed=retry&id={other.public_id}"
    assert "somebody was faster" in owner.get(gone, follow=True).content.decode()


def test_it_sets_an_attribute_in_all_and_shows_each_kind_first(here: Side, owner: Client) -> None:
    other = refuse(here, "2000")
    empty = refuse(here, "2001", standard=None)
    with tenant_scope(here.company.tenant):
        other.standard["shipping_address"]["postal_code"] = "41x"
        other.save()
    query = "&path=shipping_address.postal_code&value=411001"
    text = read(owner, f"/dead-letters/{key_of(here)}/mend/?deed=set{query}")
    assert (
        "&quot;41x&quot;" in text and "&quot;411001&quot;" in text and "could not be read" in text
    )
    wrong = read(owner, f"/dead-letters/{key_of(here)}/mend/?deed=set&path=nonsense&value=1")
    assert "has no attribute «nonsense»" in wrong
    act = mend(here, owner, "set", path="shipping_address.postal_code", value="411001")
    assert act.counts == {"done": 2, "refused": 1}
    for one in (here.dead, other):
        row = fresh(here, one)
        assert row.state == State.PENDING
        assert row.standard["shipping_address"]["postal_code"] == "411001"
    assert fresh(here, empty).state == State.DEAD
    mended = refuse(here, "3000")
    mend(here, owner, "set", path="email", value="set.in.bulk@shop.example")
    found = owner.get("/orders/?q=set.in.bulk@shop.example", follow=True).content.decode()
    assert fresh(here, mended).state == State.PENDING and "#3000" in found


def test_it_says_of_a_value_that_holds_nowhere_that_nothing_will_happen(
    here: Side, owner: Client
) -> None:
    address = f"/dead-letters/{key_of(here)}/mend/?deed=set"
    assert "will be changed" in read(owner, address)
    text = read(owner, f"{address}&path=lines[].quantity&value=-1")
    assert "Nothing: with what is set here none of them holds" in text
    assert "will be changed" not in text
    assert "By flow" not in text
    refuse(here, "2001", standard=None)
    text = read(owner, f"{address}&path=email&value=one@shop.example")
    assert "<strong>1</strong> of the 2 that were tried does not hold" in text


@pytest.mark.parametrize("path", ["id", "reference", "lines[].id", "lines[].reference"])
def test_it_gives_no_two_records_one_name(here: Side, owner: Client, path: str) -> None:
    address = f"/dead-letters/{key_of(here)}/mend/?deed=set"
    assert f'value="{path}"' not in read(owner, address)
    assert "each one's own" in html.unescape(read(owner, f"{address}&path={path}&value=same"))
    form = {"token": str(uuid4()), "path": path, "value": "same"}
    assert owner.post(address, form).status_code == 200
    assert fresh(here, here.dead).state == State.DEAD


def test_a_replay_says_beforehand_that_something_newer_took_its_place(
    here: Side, owner: Client
) -> None:
    address = f"/deliveries/{here.dead.public_id}/replay/"
    assert "is sent to Whiplash again" in read(owner, address)
    with tenant_scope(here.company.tenant):
        event = here.shop.event("netsuite", "salesorder", timezone.now())
        newer = here.shop.delivery(here.shop.flow("Shipment Sync"), event, here.dead.record)
    text = read(owner, address)
    assert "Something newer of the same record has taken its place" in text
    assert newer.public_id in text and "It is not sent: it becomes superseded" in text
    assert "is sent to Whiplash again" not in text and "What is sent to" not in text
    seen = re.findall(r'name="seen" value="(\w+)"', text)[0]
    said = owner.post(address, {"seen": seen}, follow=True).content.decode()
    assert "It is not sent: something newer" in said
    assert fresh(here, here.dead).state == State.SUPERSEDED


def test_it_waives_with_a_reason(here: Side, owner: Client) -> None:
    unsure = refuse(here, "2000", wrote=True)
    address = f"/dead-letters/{key_of(here)}/mend/?deed=waive"
    assert "may have been written already" in read(owner, address)
    assert "Say why" in owner.post(address, {"reason": " "}).content.decode()
    assert fresh(here, here.dead).state == State.DEAD
    act = mend(here, owner, "waive", reason="The customer came to the shop.")
    assert act.counts == {"done": 1, "passed_over": 1}
    row = fresh(here, here.dead)
    assert (row.state, row.note) == (State.CANCELLED, "The customer came to the shop.")
    assert fresh(here, unsure).state == State.DEAD


def test_one_that_is_stale_is_not_sent(here: Side, owner: Client) -> None:
    with tenant_scope(here.company.tenant):
        event = here.shop.event("netsuite", "salesorder", timezone.now())
        here.shop.delivery(here.shop.flow("Shipment Sync"), event, here.dead.record)
    text = read_after(owner, f"/deliveries/{here.dead.public_id}/replay/", {})
    assert "something newer" in text and fresh(here, here.dead).state == State.SUPERSEDED


# --- In a browser -------------------------------------------------------------------------------


def tab_to(page: Page, words: str) -> None:
    """As somebody without a mouse would."""
    say = "(document.activeElement.textContent + (document.activeElement.ariaLabel || '')).trim()"
    for _ in range(90):
        page.keyboard.press("Tab")
        if str(page.evaluate(say)).startswith(words):
            return
    raise AssertionError(f"No key leads to «{words}».")


@test_browser.pytestmark
def test_a_cause_is_mended_by_keyboard_alone(
    live_server: LiveServer, side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "PAGE", 2)
    acts: list[BulkAct] = []

    def prepare() -> None:
        for number in range(4):
            refuse(side, str(2000 + number))

    def do_a_page() -> None:
        with tenant_scope(side.company.tenant):
            acts.append(BulkAct.objects.get())
            work._work_page(acts[0].pk)

    def do_the_rest() -> None:
        work.work_at(tenant_id=acts[0].tenant_id, act_id=acts[0].pk)

    test_browser.elsewhere(prepare)
    with test_browser.browser_page(live_server) as page:
        test_browser.sign_in(page, side)
        page.goto("/dead-letters/")
        tab_to(page, "Whiplash rejects the postcode")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Dead letters of one cause")
        page.wait_for_load_state()
        tab_to(page, "Tick all on this page")
        page.keyboard.press("Space")
        expect(page.get_by_text("5 ticked here.")).to_be_visible()
        page.keyboard.press("Space")
        expect(page.get_by_text("All 5 are meant.")).to_be_visible()
        for _ in range(3):  # back to the first of the three buttons
            page.keyboard.press("Shift+Tab")
        while page.evaluate("document.activeElement.textContent") != "Retry…":
            page.keyboard.press("Shift+Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Send again")
        tab_to(page, "Retry 5")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Progress")).to_be_visible()
        test_browser.elsewhere(do_a_page)
        expect(page.get_by_text("2 of 5")).to_be_visible(timeout=10_000)
        page.reload()
        expect(page.get_by_text("2 of 5")).to_be_visible()
        assert page.locator("progress").get_attribute("value") == "2"
        test_browser.elsewhere(do_the_rest)
        expect(page.get_by_text("5 sent again.")).to_be_visible(timeout=10_000)
        expect(page.locator("[hx-trigger='every 2s']")).to_have_count(0)
        page.goto("/dead-letters/")
        expect(page.get_by_text("There is no dead letter")).to_be_visible()
