"""What Whiplash tells when it is asked: shipments, orders, stock and returns."""

from datetime import datetime

import msgspec
import pytest

from connectors.spec import Context, Page, Position, Request, Response
from tests.connectors.whiplash.account import REFERENCE, WHIPLASH, Account


def test_it_reads_a_shipment_with_its_parcels(account: Account) -> None:
    written = account.create()
    account.ask("pick", {"order": REFERENCE})
    account.ask("pack", {"order": REFERENCE})
    parcels = [
        {"tracking": "1Z001", "carrier": "UPS", "weight_oz": 16, "items": ["9911001"]},
        {"tracking": "1Z002", "carrier": "UPS", "items": ["9911002", "9911003"]},
    ]
    account.ask("ship", {"order": REFERENCE, "parcels": parcels})
    (shipment,) = account.read("shipments")
    assert (shipment.id, shipment.order_reference) == (written.external_id, REFERENCE)
    assert [(line.reference, int(line.quantity)) for line in shipment.lines] == [
        ("9911001", 2),
        ("9911002", 1),
        ("9911003", 1),
    ]
    assert [parcel.tracking_number for parcel in shipment.parcels] == ["1Z001", "1Z002"]
    assert shipment.parcels[0].lines == ("9911001",)
    assert str(shipment.parcels[0].weight) == "453.6"
    assert shipment.carrier == "UPS"


def test_it_reads_each_part_of_a_split_order_under_the_same_reference(account: Account) -> None:
    account.create()
    account.ask(
        "ship", {"order": REFERENCE, "parcels": [{"items": [{"line": "9911001", "quantity": 1}]}]}
    )
    (first,) = account.read("shipments")
    assert [(line.reference, int(line.quantity)) for line in first.lines] == [("9911001", 1)]
    account.ask("ship", {"order": REFERENCE})
    first, second = account.read("shipments")
    assert first.order_reference == second.order_reference == REFERENCE
    assert first.id != second.id
    assert [(line.reference, int(line.quantity)) for line in second.lines] == [
        ("9911001", 1),
        ("9911002", 1),
        ("9911003", 1),
    ]


def test_it_reads_only_what_was_packed_of_a_short_shipment(account: Account) -> None:
    account.create()
    parcels = [{"items": [{"line": "9911001", "quantity": 1}]}]
    account.ask("ship", {"order": REFERENCE, "parcels": parcels, "short": True})
    (shipment,) = account.read("shipments")
    assert [(line.reference, int(line.quantity)) for line in shipment.lines] == [("9911001", 1)]
    assert len(account.orders()) == 1


def test_it_takes_the_stock_that_was_shipped(account: Account) -> None:
    account.create()
    assert account.item("EKM-TEE-M")["sellable"] == 498
    account.ask("ship", {"order": REFERENCE})
    assert account.item("EKM-TEE-M")["quantity"] == 498
    assert account.item("EKM-TEE-M")["sellable"] == 498


def test_it_polls_every_order_across_pages(account: Account) -> None:
    for number in range(103):
        account.create(reference=f"acme-shop-{number}")
    found = {raw["id"] for raw in account.poll("orders")}
    assert len(found) == 103


def test_it_loses_no_order_that_changes_during_the_poll(account: Account) -> None:
    for number in range(60):
        account.create(reference=f"acme-shop-{number}")
    poll = WHIPLASH.feed("orders").poll
    assert poll is not None
    first: Page = account.client.run(poll(Position(), account.context()))
    account.ask("pack", {"order": "acme-shop-3"})
    rest = account.poll("orders", Position(None, first.next_page))
    seen = {raw["id"] for raw in [*first.records, *rest]}
    assert len(seen) == 60


def test_it_pages_through_orders_of_the_same_millisecond() -> None:
    """A hundred and twenty orders with one time: told apart by pages, none lost."""
    rows = [{"id": n, "updated_at": "2026-03-13T11:39:21.000-04:00"} for n in range(120)]
    rows = [{**row, "order_items": [], "packages": []} for row in rows]
    context, found, mark = Context(settings={}), [], ""
    poll = WHIPLASH.feed("orders").poll
    assert poll is not None
    for _ in range(5):
        plan = poll(Position(None, mark), context)
        request = next(plan)
        assert isinstance(request, Request)
        page_number = int(request.params["page"])
        start = (page_number - 1) * 50
        with pytest.raises(StopIteration) as done:
            plan.send(Response(200, {}, msgspec.json.encode(rows[start : start + 50])))
        found += [row["id"] for row in done.value.value.records]
        mark = done.value.value.next_page
        if not mark:
            break
    assert set(found) == set(range(120))


def test_it_polls_only_what_changed_since(account: Account) -> None:
    account.create(reference="acme-shop-1")
    account.create(reference="acme-shop-2")
    second = account.poll("orders")[1]
    since = datetime.fromisoformat(second["updated_at"])
    assert [raw["id"] for raw in account.poll("orders", Position(since))] == [second["id"]]


def test_it_reads_the_lines_that_a_list_leaves_out(account: Account) -> None:
    account.create()
    account.ask("ship", {"order": REFERENCE})
    account.set(list_with_lines=False)
    (shipment,) = account.read("shipments")
    assert len(shipment.lines) == 3


def test_it_reads_the_stock_of_each_warehouse(account: Account) -> None:
    account.ask("receive", {"sku": "EKM-MUG", "quantity": 7, "warehouse": 4})
    levels = {(level.sku, level.location): level for level in account.read("inventory_levels")}
    assert len(levels) == 16
    assert int(levels["EKM-MUG", "4"].on_hand) == 7
    assert int(levels["EKM-MUG", "1"].available) == 500
    totals = {level.sku: level for level in account.read("inventory_totals")}
    assert (int(totals["EKM-MUG"].available), totals["EKM-MUG"].location) == (507, "1")


def test_it_reads_adjustments_but_not_shipments_and_receipts(account: Account) -> None:
    account.create()
    account.ask("ship", {"order": REFERENCE})
    account.ask("receive", {"sku": "EKM-CAP", "quantity": 5})
    account.ask("adjust", {"sku": "EKM-CAP", "count": 498, "reason": "Cycle count"})
    account.ask("adjust", {"sku": "EKM-SOCK", "change": -2, "reason": "Damaged in aisle 4"})
    found = [
        (record.reason, record.lines[0].sku, int(record.lines[0].quantity))
        for record in account.read("inventory_adjustments")
        if record.note != "Initial stock"
    ]
    assert sorted(found) == [("cycle_count", "EKM-CAP", -7), ("damaged", "EKM-SOCK", -2)]


def test_it_reads_a_return_with_its_good_and_damaged_parts(account: Account) -> None:
    account.create()
    account.ask("ship", {"order": REFERENCE})
    items = [{"sku": "EKM-TEE-M", "quantity": 2, "description": "Did not fit"}]
    announced = account.ask("announce_return", {"order": REFERENCE, "items": items})
    (coming,) = account.read("returns")
    assert (coming.status, coming.lines[0].order_line_reference) == ("in_transit", "9911001")
    account.ask("receive_return", {"return": announced["id"], "damaged": {"EKM-TEE-M": 1}})
    (back,) = account.read("returns")
    assert back.status == "closed"
    assert [(line.condition, int(line.quantity)) for line in back.lines] == [
        ("good", 1),
        ("damaged", 1),
    ]
    assert account.item("EKM-TEE-M")["quantity"] == 499
