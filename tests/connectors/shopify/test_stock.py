"""Stock that is set in Shopify: looked up, compared, sent together, and refused row by row."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from connectors.errors import Failure, Rejected, Stale, Unreachable
from connectors.spec import Entry, Written
from connectors.standard import resources
from flows.mapping.records import write_body
from tests.connectors.shopify.shop import SHOPIFY, Shop

ACTION = SHOPIFY.action("set_inventory_quantities")
MAIN, STORE = "10600000000000001", "10600000000000002"
Outcome = Written | Failure


def entry(shop: Shop, sku: str, quantity: int, location: str = MAIN, **more: Any) -> Entry:
    given = {"id": f"{location}-{sku}", "sku": sku, "location": location, "available": quantity}
    record = msgspec.convert(given, resources()["inventory_level"], strict=False)
    context = shop.context(**more)
    return Entry(write_body(ACTION, record, context), record, context)


def known(shop: Shop, sku: str, quantity: int, holds: int, location: str = MAIN) -> Entry:
    """As the engine tells it of a level that was written or read before."""
    level_id = f"{item_of(shop, sku)}-{location}"
    return entry(shop, sku, quantity, location, record_id=level_id, known=Decimal(holds))


def item_of(shop: Shop, sku: str) -> str:
    levels = shop.read("inventory_levels", "inventory_levels")
    return str(next(level.item_id for level in levels if level.sku == sku))


def send(shop: Shop, *entries: Entry) -> Sequence[Outcome]:
    assert ACTION.plan_many is not None
    return shop.client.run(ACTION.plan_many(entries))


def mutations(shop: Shop) -> list[Any]:
    sent = [one.request for one in shop.client.exchanges if one.request.writes]
    return [request.json["variables"] for request in sent]


def available(shop: Shop, *skus: str, location: str = MAIN) -> list[Any]:
    return list(shop.ask("levels", {"skus": skus, "location": location}).values())


def words(outcome: Outcome, kind: type[Failure] = Rejected) -> str:
    assert type(outcome) is kind, outcome
    return outcome.message


# --- Looked up ------------------------------------------------------------------------------


def test_it_looks_up_what_it_does_not_know_and_writes_all_at_once(shop: Shop) -> None:
    mug, cap = send(shop, entry(shop, "EKM-MUG", 7), entry(shop, "EKM-CAP", 500))
    assert isinstance(mug, Written) and isinstance(cap, Written)
    assert mug.external_id == f"{item_of(shop, 'EKM-MUG')}-{MAIN}"
    assert (mug.note, cap.note) == ("", "nothing to change")
    (sent,) = mutations(shop)
    (row,) = sent["input"]["quantities"]
    assert (row["quantity"], row["changeFromQuantity"]) == (7, 500)
    assert shop.ask("writes", {}) == {"rows": 1, "calls": 1, "repeated": {}}


def test_it_asks_for_nothing_that_it_knows(shop: Shop) -> None:
    one = known(shop, "EKM-MUG", 7, holds=500)
    before = len(shop.client.exchanges)
    assert isinstance(send(shop, one)[0], Written)
    assert len(shop.client.exchanges) == before + 1


def test_it_looks_up_a_level_of_another_location_than_the_known_one(shop: Shop) -> None:
    elsewhere = f"{item_of(shop, 'EKM-MUG')}-{STORE}"
    one = entry(shop, "EKM-MUG", 7, record_id=elsewhere, known=Decimal(3))
    (written,) = send(shop, one)
    assert isinstance(written, Written) and written.external_id.endswith(MAIN)


def test_it_stocks_an_item_where_it_was_not(shop: Shop) -> None:
    (written,) = send(shop, entry(shop, "EKM-MUG", 4, STORE))
    assert isinstance(written, Written)
    assert available(shop, "EKM-MUG", location=STORE) == [4]


def test_it_says_which_sku_is_not_there_is_there_twice_or_is_not_tracked(shop: Shop) -> None:
    shop.ask("edit_variant", {"sku": "EKM-CAP", "set": {"sku": "EKM-TOTE"}})
    shop.ask("edit_variant", {"sku": "EKM-SOCK", "set": {"tracked": False}})
    skus = ("NOPE", "EKM-TOTE", "EKM-SOCK", 'A"B\\', "EKM-MUG")
    told = send(shop, *(entry(shop, sku, 7) for sku in skus))
    assert "No variant in Shopify has the SKU NOPE" in words(told[0])
    assert "2 variants in Shopify have the SKU EKM-TOTE" in words(told[1])
    assert "does not track the stock of EKM-SOCK" in words(told[2])
    assert 'the SKU A"B\\' in words(told[3])
    assert isinstance(told[4], Written)
    assert available(shop, "EKM-MUG") == [7]


def test_it_refuses_two_skus_that_claim_one_item_and_sends_the_rest(shop: Shop) -> None:
    first, second = known(shop, "EKM-MUG", 7, 500), known(shop, "EKM-MUG", 9, 500)
    second.body["sku"] = "OLD-MUG"
    told = send(shop, first, entry(shop, "EKM-CAP", 3), second)
    for outcome in (told[0], told[2]):
        assert "EKM-MUG and OLD-MUG claim the same inventory item" in words(outcome)
        assert item_of(shop, "EKM-MUG") in words(outcome)
    assert isinstance(told[1], Written)
    assert available(shop, "EKM-MUG", "EKM-CAP") == [500, 3]


def test_it_refuses_one_sku_twice_at_one_location(shop: Shop) -> None:
    twice = [entry(shop, "EKM-MUG", quantity) for quantity in (7, 9)]
    told = send(shop, *twice, entry(shop, "EKM-MUG", 4, STORE))
    assert "EKM-MUG" in words(told[0]) and "7 and to 9" in words(told[1])
    assert isinstance(told[2], Written)


# --- Compared -------------------------------------------------------------------------------


def test_it_says_what_shopify_holds_when_that_is_something_else(shop: Shop) -> None:
    shop.place({"sku": "EKM-MUG", "quantity": 3})
    told = send(shop, known(shop, "EKM-MUG", 7, 500), known(shop, "EKM-CAP", 8, 500))
    assert isinstance(told[0], Stale)
    assert told[0].holds == 497
    assert told[0].record_id == f"{item_of(shop, 'EKM-MUG')}-{MAIN}"
    assert isinstance(told[1], Written)
    assert available(shop, "EKM-MUG", "EKM-CAP") == [497, 8]
    first, second = mutations(shop)
    assert first["key"] != second["key"]


def test_it_is_content_when_shopify_holds_what_was_wanted(shop: Shop) -> None:
    shop.ask("set_level", {"sku": "EKM-MUG", "available": 7})
    (told,) = send(shop, known(shop, "EKM-MUG", 7, 500))
    assert isinstance(told, Written) and told.note == "nothing to change"
    assert shop.ask("writes", {})["rows"] == 0


def test_it_writes_once_when_the_answer_was_lost(shop: Shop) -> None:
    one = known(shop, "EKM-MUG", 7, 500)
    shop.ask("break", {"kind": "cut_after", "match": "graphql", "times": 1})
    with pytest.raises(Unreachable):
        send(shop, one)
    (again,) = send(shop, one)
    assert isinstance(again, Written)
    first, second = mutations(shop)
    assert first["key"] == second["key"]
    assert shop.ask("writes", {}) == {"rows": 1, "calls": 1, "repeated": {}}


def test_it_writes_anew_when_an_old_key_is_answered_from_memory(shop: Shop) -> None:
    """The same change again within a day: Shopify would repeat its old answer and do nothing."""
    one = known(shop, "EKM-MUG", 7, 500)
    send(shop, one)
    shop.ask("set_level", {"sku": "EKM-MUG", "available": 500})
    shop.ask("age_keys", {"seconds": 60})
    (told,) = send(shop, one)
    assert isinstance(told, Written)
    assert available(shop, "EKM-MUG") == [7]
    assert shop.ask("writes", {})["repeated"] == {told.external_id: 1}


def test_it_takes_an_old_answer_for_what_shopify_holds_now(shop: Shop) -> None:
    one = known(shop, "EKM-MUG", 7, 500)
    send(shop, one)
    shop.ask("set_level", {"sku": "EKM-MUG", "available": 6})
    shop.ask("age_keys", {"seconds": 60})
    (told,) = send(shop, one)
    assert isinstance(told, Stale) and told.holds == 6


def test_it_takes_a_new_key_after_one_that_failed(shop: Shop) -> None:
    for _ in range(3):
        one = known_at(shop, "EKM-MUG", 7, 500)
        assert "active location" in words(send(shop, one)[0])
    shop.ask("location", {"id": MAIN, "active": True})
    assert isinstance(send(shop, known(shop, "EKM-MUG", 7, 500))[0], Written)
    assert available(shop, "EKM-MUG") == [7]


def known_at(shop: Shop, sku: str, quantity: int, holds: int) -> Entry:
    """As `known`, at a location that is closed right after it was read."""
    shop.ask("location", {"id": MAIN, "active": True})
    found = known(shop, sku, quantity, holds)
    shop.ask("location", {"id": MAIN, "active": False})
    return found


def test_it_comes_again_when_shopify_is_still_at_work(shop: Shop) -> None:
    shop.set(idempotency_concurrent=1)
    with pytest.raises(Unreachable) as caught:
        send(shop, known(shop, "EKM-MUG", 7, 500))
    assert not caught.value.sent


# --- Refused --------------------------------------------------------------------------------


def test_it_drops_the_rows_that_shopify_refuses_and_sends_the_rest(shop: Shop) -> None:
    entries = [
        known(shop, "EKM-MUG", 7, 500),
        known(shop, "EKM-CAP", 8, 500),
        known(shop, "EKM-TOTE", 10**9 + 1, 500),
        known(shop, "EKM-SOCK", 9, 123),
        entry(shop, "EKM-HOOD-M", 5, STORE),
        known(shop, "EKM-TEE-S", 6, 500),
    ]
    shop.ask("delete_variant", {"sku": "EKM-CAP"})
    shop.ask("location", {"id": STORE, "active": False})
    told = send(shop, *entries)
    assert isinstance(told[0], Written) and isinstance(told[5], Written)
    assert words(told[1]).startswith("The variant of SKU EKM-CAP was deleted in Shopify")
    assert "more than Shopify takes" in words(told[2])
    assert isinstance(told[3], Stale) and told[3].holds == 500
    assert f"no active location {STORE} for the SKU EKM-HOOD-M" in words(told[4])
    assert available(shop, "EKM-MUG", "EKM-TEE-S", "EKM-SOCK") == [7, 6, 500]
    assert shop.ask("writes", {}) == {"rows": 2, "calls": 1, "repeated": {}}


def test_it_follows_a_sku_to_the_variant_that_took_the_place_of_a_deleted_one(shop: Shop) -> None:
    one = known(shop, "EKM-CAP", 8, 500)
    shop.ask("delete_variant", {"sku": "EKM-CAP"})
    shop.ask("edit_variant", {"sku": "EKM-MUG", "set": {"sku": "EKM-CAP"}})
    (told,) = send(shop, one)
    assert isinstance(told, Written) and told.external_id == f"{item_of(shop, 'EKM-CAP')}-{MAIN}"
    assert available(shop, "EKM-CAP") == [8]


def test_it_writes_to_an_inactive_location_where_shopify_lets_it(shop: Shop) -> None:
    shop.set(inactive_location="written")
    one = known_at(shop, "EKM-MUG", 7, 500)
    assert isinstance(send(shop, one)[0], Written)


def test_it_refuses_a_location_that_is_no_number(shop: Shop) -> None:
    told = send(shop, entry(shop, "EKM-MUG", 7, "WH1"), entry(shop, "EKM-CAP", 7))
    assert "«WH1»" in words(told[0])
    assert isinstance(told[1], Written)


def test_it_raises_for_all_what_names_no_row(shop: Shop) -> None:
    one = entry(shop, "EKM-MUG", 7)
    one.body["reason"] = "because"
    with pytest.raises(Rejected, match="reason is invalid"):
        send(shop, one)


def test_it_does_the_same_for_one(shop: Shop) -> None:
    given = {"id": "l1", "sku": "EKM-MUG", "location": MAIN, "available": 7}
    record = msgspec.convert(given, resources()["inventory_level"], strict=False)
    assert shop.act("set_inventory_quantities", record).note == ""
    assert shop.act("set_inventory_quantities", record).note == "nothing to change"
    stale = {"record_id": f"{item_of(shop, 'EKM-MUG')}-{MAIN}", "known": Decimal(3)}
    nine = msgspec.structs.replace(record, available=Decimal(9))
    with pytest.raises(Stale):
        shop.act("set_inventory_quantities", nine, **stale)


def test_it_declares_how_many_it_takes_and_that_it_may_be_repeated() -> None:
    assert (ACTION.most, ACTION.repeatable, ACTION.links, ACTION.find) == (250, True, False, None)


# --- A big catalogue ------------------------------------------------------------------------


def test_it_sets_250_levels_of_a_big_catalogue_in_one_request(shop: Shop) -> None:
    shop.ask("bulk", {"count": 1_000_000, "quantity": 5})
    entries = [entry(shop, f"BULK-{n:07d}", n % 9) for n in range(999_751, 1_000_001)]
    told = send(shop, *entries)
    assert all(isinstance(outcome, Written) for outcome in told)
    levels = shop.ask("levels", {"from": 999_750, "to": 1_000_000})
    assert levels.pop("BULK-0999750") == 5
    assert list(levels.values()) == [one.body["quantity"] for one in entries]
    equal = sum(one.body["quantity"] == 5 for one in entries)
    assert shop.ask("writes", {}) == {"rows": 250 - equal, "calls": 1, "repeated": {}}
    assert not shop.journal("inventory.set")
    shop.place({"sku": "BULK-1000000", "quantity": 1})
    assert available(shop, "BULK-1000000") == [entries[-1].body["quantity"] - 1]
    shop.ask("delete_variant", {"sku": "BULK-0000007"})
    assert "No variant" in words(send(shop, entry(shop, "BULK-0000007", 1))[0])
