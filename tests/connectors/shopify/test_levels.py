"""Stock levels and locations as they are read: whole, by poll, by webhook and by item."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.spec import Page, Position
from flows.mapping.records import select_record
from tests.connectors.shopify.shop import SHOPIFY, Shop
from tests.connectors.shopify.test_webhooks import register
from tests.connectors.webhook_receiver import WebhookReceiver

MAIN, STORE = "10600000000000001", "10600000000000002"
LEVELS = SHOPIFY.feed("inventory_levels")


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as found:
        yield found


def heard(receiver: WebhookReceiver) -> Any:
    return json.loads(receiver.take()[1])


def whole(shop: Shop, pages: int = 10) -> list[Any]:
    assert LEVELS.whole is not None
    found: list[Any] = []
    page = Page([], "")
    for _ in range(pages):
        page = shop.client.run(LEVELS.whole(Position(page=page.next_page), shop.context()))
        found += page.records
        if not page.next_page:
            break
    return found


def fetch(shop: Shop, *ids: str) -> list[Any]:
    assert LEVELS.fetch is not None
    found: list[Any] = []
    page = Page([], "")
    while True:
        page = shop.client.run(LEVELS.fetch(ids, Position(page=page.next_page), shop.context()))
        found += page.records
        if not page.next_page:
            return found


def read(shop: Shop, raws: list[Any]) -> list[Any]:
    return [shop.record("inventory_levels", raw) for raw in raws]


def test_it_reads_every_level_of_what_is_tracked(shop: Shop) -> None:
    shop.ask("set_level", {"sku": "EKM-MUG", "location": STORE, "available": 3})
    shop.ask("edit_variant", {"sku": "EKM-CAP", "set": {"tracked": False}})
    levels = {level.id: level for level in read(shop, whole(shop))}
    assert len(levels) == 8
    assert "EKM-CAP" not in {level.sku for level in levels.values()}
    mugs = [level for level in levels.values() if level.sku == "EKM-MUG"]
    assert {(mug.location_label, mug.available) for mug in mugs} == {
        ("Main Warehouse", 500),
        ("High Street Store", 3),
    }
    assert all(mug.id == f"{mug.item_id}-{mug.location}" for mug in mugs)


def test_it_pages_through_a_big_catalogue(shop: Shop) -> None:
    shop.ask("bulk", {"count": 600, "quantity": 5})
    found = whole(shop)
    assert len({raw["sku"] for raw in found}) == len(found) == 608
    assert len(shop.client.exchanges) == 3
    shop.ask("bulk", {"count": 1_000_000, "quantity": 5})
    assert len(whole(shop, pages=2)) == 500


def test_it_reads_on_where_an_item_has_more_levels_than_the_first_page(shop: Shop) -> None:
    for n in range(12):
        shop.ask("add_location", {"name": f"Store {n}"})
    for raw in shop.poll("locations"):
        stock = {"sku": "EKM-MUG", "location": raw["id"], "available": 2}
        shop.ask("set_level", stock)
    mugs = [raw for raw in whole(shop) if raw["sku"] == "EKM-MUG"]
    assert len({raw["location_id"] for raw in mugs}) == len(mugs) == 14


def test_it_fetches_the_levels_of_named_items_and_none_of_what_is_gone(shop: Shop) -> None:
    shop.ask("bulk", {"count": 130, "quantity": 5})
    ids = [str(raw["inventory_item_id"]) for raw in whole(shop)]
    shop.ask("delete_variant", {"sku": "BULK-0000130"})
    assert len(fetch(shop, *ids)) == 137
    (mug,) = read(shop, fetch(shop, ids[4]))
    assert mug.item_id == ids[4] and mug.available == 500


def test_it_polls_what_changed_alone(shop: Shop) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    assert shop.poll("inventory_levels", soon) == []
    assert len(shop.poll("inventory_levels", soon - timedelta(hours=2))) == 8


def test_it_reads_a_webhook_as_the_same_level_that_is_read_whole(
    shop: Shop, receiver: WebhookReceiver
) -> None:
    register(shop, receiver.address, ["inventory_levels/update"])
    told = shop.ask("set_level", {"sku": "EKM-MUG", "available": 12})
    raw = select_record(SHOPIFY.stream("inventory_levels"), LEVELS.name, heard(receiver))
    hooked = shop.record("inventory_levels", raw)
    (level,) = [one for one in read(shop, whole(shop)) if one.sku == "EKM-MUG"]
    assert hooked.id == level.id == told["id"]
    assert (hooked.sku, hooked.available) == ("", 12)
    for name in ("item_id", "location", "updated_at", "available"):
        assert getattr(hooked, name) == getattr(level, name), name
    (same,) = [one for one in whole(shop) if one["sku"] == "EKM-MUG"]
    assert raw is not None and raw["updated_at"] == same["updated_at"]


def test_it_hears_of_each_level_that_it_sets_itself(shop: Shop, receiver: WebhookReceiver) -> None:
    register(shop, receiver.address, ["inventory_levels/update"])
    shop.ask("bulk", {"count": 10, "quantity": 5})
    shop.place({"sku": "BULK-0000010", "quantity": 2})
    assert heard(receiver)["available"] == 3


def test_it_reads_locations_and_hears_when_one_is_closed(
    shop: Shop, receiver: WebhookReceiver
) -> None:
    main, store = shop.read("locations", "locations")
    assert (main.id, main.label, main.is_active) == (MAIN, "Main Warehouse", True)
    register(shop, receiver.address, list(SHOPIFY.feed("locations").topics))
    shop.ask("location", {"id": STORE, "active": False})
    closed = shop.record("locations", heard(receiver))
    assert (closed.id, closed.label, closed.is_active) == (store.id, store.label, False)
    assert [one.is_active for one in shop.read("locations", "locations")] == [True, False]
    assert closed == shop.read("locations", "locations")[1]


def test_it_takes_a_deleted_location_for_an_inactive_one(shop: Shop) -> None:
    deleted = shop.record("locations", {"id": 866550311766439020})
    assert (deleted.id, deleted.is_active) == ("866550311766439020", False)


def test_it_shows_no_level_of_an_inactive_location(shop: Shop) -> None:
    shop.ask("set_level", {"sku": "EKM-MUG", "location": STORE, "available": 3})
    shop.ask("location", {"id": STORE, "active": False})
    assert {raw["location_id"] for raw in whole(shop)} == {int(MAIN)}
