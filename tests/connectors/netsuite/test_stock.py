"""NetSuite's stock as a whole, the adjustments that are booked there, and what its people do."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from connectors.catalog.netsuite.suiteql import query
from connectors.errors import MappingFailed, Rejected
from connectors.spec import Context, Page, Position, Written
from connectors.standard.inventory_adjustment import InventoryAdjustment
from flows.mapping.records import read_record, write_body
from tests.connectors.netsuite.account import NETSUITE, Account, sell
from tests.sandboxes import context_of

STOCK = NETSUITE.feed("stock")


def read_page(account: Account, mark: str = "") -> Page:
    assert STOCK.whole is not None
    position = Position(datetime.now(UTC), mark)
    return account.client.run(STOCK.whole(position, context_of(account.client)))


def pages(account: Account) -> list[Page]:
    """Every page of a full read."""
    found = [read_page(account)]
    while found[-1].next_page:
        found.append(read_page(account, found[-1].next_page))
    return found


def count_rows(account: Account, sql: str) -> int:
    return int(account.client.send(query(sql, limit=5)).json()["totalResults"])


# A full read


def test_it_reads_every_level_whenever_it_changed(account: Account) -> None:
    account.do("set_stock", sku="EKM-MUG", location="7", on_hand=12)
    [page] = pages(account)
    assert (page.total, len(page.records)) == (9, 9)
    stream, context = NETSUITE.stream("inventory_levels"), context_of(account.client)
    levels: list[Any] = [read_record(stream, one, context) for one in page.records]
    mug = account.find_sku("EKM-MUG")
    [outlet] = [level for level in levels if level.location == "7"]
    assert (outlet.id, outlet.item_id, outlet.on_hand) == (f"{mug}-7", mug, 12)


def test_it_pages_by_key_so_that_nothing_is_read_twice_or_not_at_all(account: Account) -> None:
    account.do("bulk", count=2500, quantity=7, location="7")
    first = read_page(account)
    account.do("bulk_change", **{"from": 1, "to": 2000, "quantity": 9})
    account.do("set_stock", sku="BULK-0000010", location="6", on_hand=1)
    account.do("set_stock", sku="BULK-0002500", location="6", on_hand=1)
    second = read_page(account, first.next_page)
    third = read_page(account, second.next_page)
    assert [first.total, second.total, third.next_page] == [2508, None, ""]
    records = [*first.records, *second.records, *third.records]
    assert [len(first.records), len(second.records)] == [1000, 1000]
    ids = [record["id"] for record in records]
    assert len(ids) == len(set(ids)) == 2509, "the newer level of an item read before is not seen"
    bulk = [record for record in records if record["location"] == "7"]
    assert len(bulk) == 2500


def test_it_reads_a_sick_feed_as_it_is_shown(account: Account) -> None:
    account.do("set", feed_share=0.5)
    [half] = pages(account)
    assert (half.total, len(half.records)) == (4, 4)
    account.do("set", feed_share=0)
    [empty] = pages(account)
    assert (empty.total, empty.records) == (0, [])
    assert account.find_sku("EKM-SOCK"), "an item is found all the same"


# A big catalogue


def test_it_reads_a_big_catalogue(account: Account) -> None:
    account.do("bulk", count=20_000, quantity=7)
    assert account.do("bulk", count=20_000, quantity=7)["count"] == 20_000, "once is enough"
    found = pages(account)
    assert found[0].total == sum(len(page.records) for page in found) == 20_008
    assert len(account.poll("stock", datetime.now(UTC) - timedelta(hours=1))) == 8


def test_it_polls_what_changed_of_a_big_catalogue(account: Account) -> None:
    account.do("bulk", count=20_000, quantity=7)
    account.do("set_stock", sku="BULK-0000003", location="6", on_hand=5)
    account.do("bulk_change", **{"from": 1, "to": 600, "quantity": 9})
    account.do("set_stock", sku="BULK-0000004", location="6", on_hand=4)
    changed = account.poll("stock", datetime.now(UTC) - timedelta(hours=1))
    levels = {row["sku"]: row["quantityonhand"] for row in changed}
    assert len(levels) == len(changed) == 608
    assert [levels[f"BULK-000000{n}"] for n in (2, 3, 4)] == ["9", "9", "4"]
    account.do("set", account_time_zone="America/New_York")
    account.client.settings = {
        **account.client.settings,
        "account_time_zone": "America/New_York",
    }
    again = account.poll("stock", datetime.now(UTC) - timedelta(hours=1))
    assert {row["sku"]: row["quantityonhand"] for row in again} == levels, "from a new mirror"


def test_it_sells_out_of_the_bulk(account: Account) -> None:
    account.do("bulk", count=50, quantity=7)
    item = account.find_sku("BULK-0000050")
    assert account.find_sku("BULK-0000051") is None
    line = {"item": item, "quantity": 3, "location": "6"}
    body = {"entity": "110", "orderStatus": "B", "item": {"items": [line]}}
    account.do("add_order", body=body)
    [level] = [one for one in account.read("inventory_levels") if one.item_id == item]
    assert (level.sku, level.on_hand, level.available) == ("BULK-0000050", 7, 4)
    [row] = [row for row in account.rows("item") if row["label"] == "BULK-0000050"]
    assert (row["on_hand"], row["available"]) == (7, 4)


def test_it_counts_the_rows_of_a_query_as_they_are_now(account: Account) -> None:
    stock = "FROM aggregateItemLocation l JOIN item i ON i.id = l.item WHERE i.isinactive = 'F'"
    past = "l.item >= 1 AND ((l.item > 1) OR (l.item = 1 AND l.location > 6))"
    queries = (
        f"SELECT l.item {stock} ORDER BY l.item, l.location",
        f"SELECT l.item {stock} AND {past} ORDER BY l.item, l.location",
        f"SELECT DISTINCT l.item {stock} ORDER BY l.item",
        f"SELECT l.item {stock} AND l.quantityonhand = 500",
        f"SELECT COUNT(*) AS total {stock} GROUP BY l.item",
    )
    assert [count_rows(account, sql) for sql in queries] == [8, 8, 8, 8, 8]
    account.do("set_stock", sku="EKM-MUG", location="6", on_hand=7)
    assert [count_rows(account, sql) for sql in queries] == [8, 8, 8, 7, 8]
    account.do("set_stock", sku="EKM-MUG", location="7", on_hand=7)
    assert [count_rows(account, sql) for sql in queries] == [9, 9, 8, 7, 8]
    account.do("change_item", sku="EKM-CAP", inactive=True)
    assert [count_rows(account, sql) for sql in queries] == [8, 8, 7, 6, 7]
    sell(account, status="B")
    assert [count_rows(account, sql) for sql in queries] == [8, 8, 7, 6, 7]


# Adjustments


def adjustment(**changes: Any) -> InventoryAdjustment:
    fields: dict[str, Any] = {
        "id": "70044",
        "location": "1",
        "reason": "damaged",
        "adjusted_at": "2026-03-02T10:00:00Z",
        "lines": [{"sku": "EKM-MUG", "quantity": "-3"}],
        **changes,
    }
    return msgspec.convert(fields, InventoryAdjustment, strict=False)


def adjust(account: Account, tables: dict[tuple[str, str], str], **changes: Any) -> Written:
    """As the engine does: mapped, then planned, with the lookup tables of the tenant."""
    context: Context = dataclasses.replace(
        account.context("acme-whip-70044"),
        find_row=lambda table, key: tables.get((table, key)),
    )
    action, record = NETSUITE.action("adjust_inventory"), adjustment(**changes)
    return account.client.run(action.plan(write_body(action, record, context), record, context))


def test_it_books_each_reason_to_its_account(account: Account) -> None:
    tables = {("adjustment_accounts", "damaged"): "119", ("netsuite_locations", "1"): "7"}
    adjust(account, tables, note="Fell from the rack")
    [row] = account.rows("inventory_adjustment")
    assert (row["account"], row["location"]) == ("119", "7")
    assert row["memo"] == "damaged: Fell from the rack"


def test_it_books_other_reasons_to_the_account_of_the_settings(account: Account) -> None:
    adjust(account, {("adjustment_accounts", "damaged"): "119"}, reason="cycle_count")
    assert account.rows("inventory_adjustment")[0]["account"] == "118"
    account.client.settings = {**account.client.settings, "adjustment_account_id": ""}
    with pytest.raises(MappingFailed, match="«return» has no row in the table adjustment_accounts"):
        adjust(account, {}, reason="return")


@pytest.mark.parametrize("field", ["custbody_reason", "custcol_reason"])
def test_it_fills_in_the_accounts_own_field_for_the_reason(account: Account, field: str) -> None:
    account.do("set", adjustment_fields=["custbody_reason", "custcol_reason"])
    account.client.settings = {**account.client.settings, "adjustment_reason_field": field}
    adjust(account, {("adjustment_reasons", "damaged"): "4"})
    [row] = account.rows("inventory_adjustment")
    filled = {**row["custom"], **row["lines"][0]["custom"]}
    assert filled == {field: "4"}


def test_it_names_the_reason_itself_where_no_table_does(account: Account) -> None:
    account.do("set", adjustment_fields=["custcol_reason"])
    account.client.settings = {
        **account.client.settings,
        "adjustment_reason_field": "custcol_reason",
    }
    adjust(account, {}, reason="cycle_count")
    [row] = account.rows("inventory_adjustment")
    assert row["lines"][0]["custom"] == {"custcol_reason": "cycle_count"}


def test_it_refuses_a_location_that_netsuite_does_not_know(account: Account) -> None:
    for place in ("99", "Main"):
        with pytest.raises(Rejected, match=f"no active location {place}.*netsuite_locations"):
            adjust(account, {("netsuite_locations", "1"): place})
    assert account.rows("inventory_adjustment") == []


def test_it_refuses_an_item_that_is_not_there_or_not_active(account: Account) -> None:
    with pytest.raises(Rejected, match="no item with the SKU EKM-GONE: create it"):
        adjust(account, {}, lines=[{"sku": "EKM-GONE", "quantity": "1"}])
    account.do("change_item", sku="EKM-CAP", inactive=True)
    with pytest.raises(Rejected, match="item EKM-CAP is inactive in NetSuite: activate it"):
        adjust(account, {}, lines=[{"sku": "EKM-CAP", "quantity": "1"}])
    assert account.rows("inventory_adjustment") == []


def test_it_refuses_an_item_that_became_inactive_after_it_was_linked(account: Account) -> None:
    cap = account.find_sku("EKM-CAP")
    account.do("change_item", sku="EKM-CAP", inactive=True)
    context = dataclasses.replace(
        account.context("acme-whip-1"), find_link=lambda resource, key, by: cap
    )
    action = NETSUITE.action("adjust_inventory")
    record = adjustment(lines=[{"sku": "EKM-CAP", "quantity": "1"}])
    with pytest.raises(Rejected, match="The item EKM-CAP is inactive in NetSuite"):
        account.client.run(action.plan(write_body(action, record, context), record, context))


def test_it_says_netsuites_own_words_where_all_is_known(account: Account) -> None:
    account.do("set", closed_before="2026-06-01")
    with pytest.raises(Rejected, match="accounting period"):
        adjust(account, {})
