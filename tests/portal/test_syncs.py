"""Full comparisons as people follow them: progress, questions, what was corrected."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from ekyam.tenants.scope import tenant_scope
from flows.models import Delivery, Sync
from flows.states import State
from tests.portal.conftest import Side
from tests.portal.stock_rows import Stock
from tests.portal.test_pages import read


@pytest.fixture
def stock(here: Side) -> Stock:
    with tenant_scope(here.company.tenant):
        return Stock(here.shop, here.shop.flow("Inventory Sync")).open()


def sync_of(side: Side, stock: Stock, state: str, **more: Any) -> Sync:
    with tenant_scope(side.company.tenant):
        return stock.sync(state, **more)


def test_it_says_what_came_of_it(owner: Client, here: Side, stock: Stock) -> None:
    sync = sync_of(here, stock, "done", checked=100_000, total=100_000, differing=3)
    with tenant_scope(here.company.tenant):
        stock.delivery("A", state=State.SUCCEEDED, held=4, to=9, sync=sync)
        stock.delivery("B", state=State.UNCHANGED, held=2, to=2, sync=sync)
        stock.delivery("C", state=State.DEAD, held=1, to=0, sync=sync, reason="No such SKU.")
        stock.delivery("D", state=State.SUCCEEDED, held=1, to=2)
    text = read(owner, f"/stock/syncs/{sync.public_id}/")
    assert "100,000 checked, 1 corrected, 1 failed." in text
    assert "No such SKU." in text and 'hx-trigger="every' not in text
    assert ">D</a>" not in text
    answer = owner.get(f"/stock/syncs/{sync.public_id}/csv/")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode())))
    assert [(row["SKU"], row["From"], row["To"], row["State"]) for row in rows] == [
        ("C", "1", "0", "Dead letter"),
        ("B", "2", "2", "Unchanged"),
        ("A", "4", "9", "Delivered"),
    ]
    assert rows[2]["Why"] == "Whiplash, at 4: available moved." and rows[2]["Place"] == "Online"


def test_it_follows_one_that_is_under_way(owner: Client, here: Side, stock: Stock) -> None:
    sync = sync_of(here, stock, "source", checked=400, total=1000, differing=3)
    address = f"/stock/syncs/{sync.public_id}/"
    text = read(owner, address)
    assert "Whiplash is read: 400 checked so far, 3 differ." in text
    assert 'value="400" max="1000"' in text and "a second, about" in text
    seen = text.split("?seen=")[1].split('"')[0]
    part = f"{address}part/?seen={seen}"
    assert owner.get(part).status_code == 204
    with tenant_scope(here.company.tenant):
        Sync.objects.update(checked=500)
    changed = owner.get(part)
    assert changed.status_code == 200 and "<html" not in changed.content.decode()
    assert "500 checked so far" in changed.content.decode()


def test_it_counts_what_is_written_by_its_deliveries(
    owner: Client, here: Side, stock: Stock
) -> None:
    sync = sync_of(here, stock, "writing", checked=9, read_at=here.shop.now - timedelta(seconds=10))
    with tenant_scope(here.company.tenant):
        stock.delivery("A", state=State.SUCCEEDED, held=4, to=9, sync=sync)
        stock.delivery("B", state=State.PENDING, held=4, to=9, sync=sync)
    text = read(owner, f"/stock/syncs/{sync.public_id}/")
    assert "9 checked. What differs is written into Shopify: 1 to go." in text
    assert 'value="1" max="2"' in text


def test_it_does_not_follow_on_an_older_page(owner: Client, here: Side, stock: Stock) -> None:
    sync = sync_of(here, stock, "writing", checked=60)
    with tenant_scope(here.company.tenant):
        for number in range(60):
            stock.delivery(f"N{number}", state=State.PENDING, held=1, to=2, sync=sync)
    text = read(owner, f"/stock/syncs/{sync.public_id}/")
    assert 'hx-trigger="every 2s"' in text
    after = text.split("after=")[1].split('"')[0]
    older = read(owner, f"/stock/syncs/{sync.public_id}/?after={after}")
    assert 'hx-trigger="every' not in older and older.count('<a href="/deliveries/') == 10


def test_it_asks_and_goes_on(owner: Client, here: Side, stock: Stock) -> None:
    why = "Whiplash showed 3 levels, and 90 of the 93 that were there before are missing."
    sync = sync_of(here, stock, "asks", reason=why, checked=3)
    assert why in read(owner, "/") and why in read(owner, "/stock/syncs/")
    text = read(owner, f"/stock/syncs/{sync.public_id}/")
    assert "Go on" in text and "Leave it" in text and why in text
    answer = owner.post(f"/stock/syncs/{sync.public_id}/answer/", {"answer": "go_on"}, follow=True)
    assert "It goes on." in answer.content.decode()
    with tenant_scope(here.company.tenant):
        assert Sync.objects.get().state == "writing"
    again = owner.post(f"/stock/syncs/{sync.public_id}/answer/", {"answer": "go_on"}, follow=True)
    assert "asks nothing" in again.content.decode()


def test_it_is_left(owner: Client, here: Side, stock: Stock) -> None:
    sync = sync_of(here, stock, "asks", reason="Much is missing.")
    owner.post(f"/stock/syncs/{sync.public_id}/answer/", {"answer": "leave"})
    with tenant_scope(here.company.tenant):
        assert Sync.objects.get().state == "stopped"


def test_it_is_stopped_once(owner: Client, here: Side, stock: Stock) -> None:
    sync = sync_of(here, stock, "source", checked=5)
    with tenant_scope(here.company.tenant):
        waiting = stock.delivery("A", state=State.PENDING, held=4, to=9, sync=sync)
    address = f"/stock/syncs/{sync.public_id}/stop/"
    text = owner.post(address, follow=True).content.decode()
    assert "It is stopped." in text and "Stopped by owner@juniper.example." in text
    with tenant_scope(here.company.tenant):
        assert Delivery.objects.get(pk=waiting.pk).state == "cancelled"
    assert "already" in owner.post(address, follow=True).content.decode()


def test_it_shows_who_may_only_look_no_buttons(viewer: Client, here: Side, stock: Stock) -> None:
    sync = sync_of(here, stock, "source")
    assert ">Stop<" not in read(viewer, f"/stock/syncs/{sync.public_id}/")
    assert "Compare everything now" not in read(viewer, "/stock/")


def test_it_pages_the_list_and_names_the_slot(owner: Client, here: Side, stock: Stock) -> None:
    with tenant_scope(here.company.tenant):
        for number in range(55):
            slot = here.shop.now - timedelta(days=number + 1)
            stock.sync("done", slot=slot, created_at=slot, checked=number)
    first = read(owner, "/stock/syncs/")
    second = read(owner, f"/stock/syncs/?after={first.split('after=')[1].split(chr(34))[0]}")
    assert first.count('<a href="/stock/syncs/syn_') == 50
    assert second.count('<a href="/stock/syncs/syn_') == 5
