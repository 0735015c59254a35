"""Whiplash's stock as a whole, by item and from the ledger, and what its warehouse does to it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jmespath
import pytest

from connectors.spec import Page, Position
from flows.mapping.records import read_record, select_record
from tests.connectors.whiplash.account import REFERENCE, WHIPLASH, Account, raw

STOCK = WHIPLASH.feed("stock")
LEDGER = WHIPLASH.feed("transactions")


def pages(account: Account, since: datetime | None = None) -> list[Page]:
    """Every page of a full read."""
    assert STOCK.whole is not None
    found = [account.client.run(STOCK.whole(Position(since), account.context()))]
    while found[-1].next_page:
        position = Position(since, found[-1].next_page)
        found.append(account.client.run(STOCK.whole(position, account.context())))
    return found


def fetch(account: Account, feed: Any, ids: list[str], since: datetime | None = None) -> list[Any]:
    account.client.exchanges.clear()
    return list(account.client.run(feed.fetch(ids, Position(since), account.context())).records)


def levels(account: Account, ids: list[str]) -> dict[tuple[str, str], Any]:
    stream = WHIPLASH.stream("inventory_levels")
    raws = fetch(account, STOCK, ids)
    found: list[Any] = [read_record(stream, one, account.context()) for one in raws]
    return {(level.sku, level.location): level for level in found}


def id_of(account: Account, sku: str) -> str:
    search = json.dumps({"sku_eq": sku})
    [item] = raw(account, "GET", f"/items?search={search}").json()
    return str(item["id"])


def adjustments(account: Account, entries: list[Any]) -> list[tuple[str, str, int]]:
    stream = WHIPLASH.stream("inventory_adjustments")
    selected = [select_record(stream, "transactions", entry) for entry in entries]
    records: list[Any] = [read_record(stream, one, account.context()) for one in selected if one]
    return [
        (one.reason, one.lines[0].sku, int(one.lines[0].quantity))
        for one in records
        if one.note != "Initial stock"
    ]


# A full read


def test_it_reads_every_item_in_every_warehouse_once(account: Account) -> None:
    account.client.settings = {**account.client.settings, "items_per_page": "3"}
    found = pages(account)
    records = [record for page in found for record in page.records]
    assert len(records) == len({record["id"] for record in records}) == 16
    assert [page.total for page in found] == [8, None, None]
    level: Any = read_record(WHIPLASH.stream("inventory_levels"), records[0], account.context())
    assert level.id == f"{level.item_id}-1"


def test_it_reads_on_where_a_page_holds_less_than_was_asked_for(account: Account) -> None:
    account.set(per_page_max=5)
    found = pages(account)
    assert [len(page.records) for page in found] == [10, 6]


def test_it_names_the_items_that_did_not_change(account: Account) -> None:
    since = datetime.now(UTC)
    account.ask("count", {"sku": "EKM-MUG", "counted": 490})
    mug = id_of(account, "EKM-MUG")
    account.client.exchanges.clear()
    [page] = pages(account, since)
    assert {record["id"] for record in page.records} == {f"{mug}-1", f"{mug}-4"}
    assert len(page.same) == 7 and mug not in page.same
    assert len(account.client.exchanges) == 3, "the count, the list, and one item"


def test_it_reads_a_sick_feed_as_it_is_shown(account: Account) -> None:
    account.set(feed_share=0.5)
    [half] = pages(account)
    assert (half.total, len(half.records)) == (4, 8)
    account.set(feed_share=0)
    [empty] = pages(account)
    assert (empty.total, empty.records, empty.same) == (0, [], [])


# By item


def test_it_finds_the_item_that_a_webhook_hints_at(account: Account) -> None:
    body = {"item": {"id": 9005, "sku": "EKM-MUG"}, "event_name": "item.inventory_received"}
    for feed in (STOCK, LEDGER):
        assert set(feed.hints) == set(WHIPLASH.feed("items").topics)
        assert jmespath.search(feed.hints["item.inventory_received"], body) == 9005


def test_it_reads_the_stock_of_the_items_named(account: Account) -> None:
    mug, cap = id_of(account, "EKM-MUG"), id_of(account, "EKM-CAP")
    account.ask("putaway", {"sku": "EKM-MUG", "quantity": 7, "warehouse": 4})
    found = levels(account, [mug, cap, mug, "999999"])
    assert len(found) == 4 and int(found["EKM-MUG", "4"].on_hand) == 7
    assert levels(account, []) == {}


def test_it_publishes_only_what_can_be_sold(account: Account) -> None:
    account.create()
    mug = id_of(account, "EKM-MUG")
    account.ask("move", {"sku": "EKM-MUG", "quantity": 20, "to": "quarantine"})
    level = levels(account, [mug])["EKM-MUG", "1"]
    assert (level.item_id, level.on_hand, level.available) == (mug, 500, 479), (
        "one is for the order"
    )
    assert level.quarantined is None, "Whiplash does not tell what is held, and why"
    assert "error" in account.ask("move", {"sku": "EKM-MUG", "quantity": 21, "to": "sellable"})
    account.ask("move", {"sku": "EKM-MUG", "quantity": 20, "to": "sellable"})
    assert levels(account, [mug])["EKM-MUG", "1"].available == 499


@pytest.mark.parametrize(
    ("ledger", "changes"), [("none", []), ("zero", []), ("sellable", [("other", "EKM-MUG", -3)])]
)
def test_it_reads_of_a_move_what_the_ledger_tells(
    account: Account, ledger: str, changes: list[Any]
) -> None:
    account.set(move_ledger=ledger)
    account.ask("move", {"sku": "EKM-MUG", "quantity": 3, "to": "quarantine"})
    entries = fetch(account, LEDGER, [id_of(account, "EKM-MUG")])
    assert adjustments(account, entries) == changes
    assert len(entries) == (1 if ledger == "none" else 2)


# The ledger


def test_it_reads_the_ledger_of_an_item_from_a_time_on(account: Account) -> None:
    mug = id_of(account, "EKM-MUG")
    account.ask("damage", {"sku": "EKM-MUG", "quantity": 2})
    account.ask("count", {"sku": "EKM-MUG", "counted": 500})
    entries = fetch(account, LEDGER, [mug], datetime.now(UTC) - timedelta(seconds=60))
    found = [("damaged", "EKM-MUG", -2), ("cycle_count", "EKM-MUG", 2)]
    assert adjustments(account, entries) == found
    assert adjustments(account, account.poll("transactions")) == found, "as the poll tells it"
    assert fetch(account, LEDGER, [mug], datetime.now(UTC) + timedelta(seconds=5)) == []


@pytest.mark.parametrize("named", ["shipnotice", "order", "plain"])
def test_it_tells_a_return_that_is_put_back_once_and_no_shipment(
    account: Account, named: str
) -> None:
    account.set(return_ledger=named)
    account.create()
    account.ask("ship", {"order": REFERENCE})
    account.ask("putaway", {"sku": "EKM-TEE-M", "quantity": 40})
    items = [{"sku": "EKM-TEE-M", "quantity": 2}]
    account.ask("receive_return", {"order": REFERENCE, "items": items, "damaged": {"EKM-TEE-M": 1}})
    tee = id_of(account, "EKM-TEE-M")
    wanted = [("return", "EKM-TEE-M", 1)]
    assert adjustments(account, fetch(account, LEDGER, [tee])) == wanted
    assert adjustments(account, account.poll("transactions")) == wanted


def test_it_takes_the_warehouse_of_a_return_or_of_the_ledger(account: Account) -> None:
    account.create()
    account.ask("ship", {"order": REFERENCE})
    account.ask("receive_return", {"order": REFERENCE, "items": [{"sku": "EKM-TEE-M"}]})
    account.set(ledger_warehouse=True)
    account.ask("count", {"sku": "EKM-TEE-M", "counted": 3, "warehouse": 4})
    entries = fetch(account, LEDGER, [id_of(account, "EKM-TEE-M")])
    assert [entry.get("warehouse_id") for entry in entries[-2:]] == [1, 4]


# A big catalogue


def test_it_reads_a_big_catalogue_of_which_little_changed(account: Account) -> None:
    account.ask("bulk", {"count": 100_000, "quantity": 7})
    since = datetime.now(UTC) - timedelta(seconds=1)
    account.ask("bulk_change", {"from": 99_990, "to": 99_995, "quantity": 3})
    account.ask("damage", {"sku": "BULK-0099999", "quantity": 2})
    assert STOCK.whole is not None
    first = account.client.run(STOCK.whole(Position(since), account.context()))
    assert (first.total, len(first.same)) == (100_008, 42), "eight of the first are new"
    polled = account.poll("stock", Position(since))
    changed = {record["sku"]: record for record in polled if record["warehouse_id"] == 1}
    assert {changed[f"BULK-00999{n}"]["quantity"] for n in range(90, 96)} == {3}
    assert changed["BULK-0099999"]["sellable_quantity"] == 5
    last = fetch(account, STOCK, [str(changed["BULK-0099999"]["item_id"] + 1)])
    assert [(row["sku"], row["quantity"]) for row in last] == [
        ("BULK-0100000", 7),
        ("BULK-0100000", 0),
    ]


def test_it_keeps_in_a_range_what_differs_from_it(account: Account) -> None:
    account.ask("bulk", {"count": 1000, "quantity": 7, "location": 4})
    account.ask("move", {"sku": "BULK-0000005", "quantity": 2, "to": "quarantine", "warehouse": 4})
    account.ask("bulk_change", {"from": 1, "to": 900, "quantity": 10})
    account.ask("bulk_change", {"from": 3, "to": 4, "quantity": 1})
    ids = [id_of(account, f"BULK-000000{n}") for n in (1, 3, 5)]
    found = levels(account, [*ids, id_of(account, "BULK-0000901")])
    sold = [int(found[f"BULK-0000{n}", "4"].available) for n in ("001", "003", "005", "901")]
    assert sold == [10, 1, 8, 7]
    records = [record for page in pages(account) for record in page.records]
    assert len(records) == len({record["id"] for record in records}) == 2016
    assert account.item("BULK-0000005")["sellable"] == 8
    assert "error" in account.ask("bulk", {"count": 5, "quantity": 1})


def test_it_sells_out_of_the_bulk(account: Account) -> None:
    account.ask("bulk", {"count": 10, "quantity": 7})
    lines = [{"sku": "BULK-0000002", "quantity": 3}]
    address = {"name": "Ada", "address_1": "1 St", "city": "Town", "country": "DE"}
    body = {f"shipping_{name}": value for name, value in address.items()}
    made = raw(account, "POST", "/orders", {**body, "order_items_attributes": lines})
    assert made.json()["status_name"] == "Processing"
    account.ask("ship", {"order": made.json()["id"]})
    assert account.item("BULK-0000002")["quantity"] == 4
