"""Orders that go to Whiplash, are paused, and are cancelled."""

import pytest

from connectors.drive import drive
from connectors.errors import (
    MappingFailed,
    MissingLink,
    Rejected,
    TooLate,
    Unreachable,
)
from connectors.spec import Request, Response, Written
from flows.mapping.records import write_body
from tests.connectors.whiplash.account import REFERENCE, WHIPLASH, Account, request_record, sample


def test_it_creates_an_order_with_our_reference_on_order_and_lines(account: Account) -> None:
    written = account.create()
    (order,) = account.orders()
    assert (order["id"], order["reference"]) == (written.external_id, REFERENCE)
    assert order["order_orig"] == "SO1042"
    assert order["state"] == "Processing"
    assert [(line["reference"], line["quantity"]) for line in order["lines"]] == [
        ("9911001", 2),
        ("9911002", 1),
        ("9911003", 1),
    ]


def test_it_creates_no_second_order_when_sent_again(account: Account) -> None:
    account.set(duplicates="accept")
    first, again = account.create(), account.create()
    assert again.external_id == first.external_id
    assert "already" in again.note
    assert len(account.orders()) == 1


@pytest.mark.parametrize(
    "closed", [(), ("originators_route",), ("originators_route", "originator_path")]
)
def test_it_finds_the_order_whichever_way_the_host_offers(
    account: Account, closed: tuple[str, ...]
) -> None:
    account.set(**dict.fromkeys(closed, False))
    assert account.find("create_order") is None
    written = account.create()
    found = account.find("create_order")
    assert found is not None and found.external_id == written.external_id


def test_it_finds_what_was_written_when_the_answer_is_cut(account: Account) -> None:
    account.ask("break", {"kind": "cut_after", "match": "POST /api/v2/orders"})
    with pytest.raises(Unreachable):
        account.create()
    assert account.client.has_written
    found = account.find("create_order")
    assert found is not None
    assert account.create().external_id == found.external_id
    assert len(account.orders()) == 1


def test_it_links_to_the_order_that_a_race_created(account: Account) -> None:
    """Between the look and the write another write arrives: 409, read back, linked."""
    action = WHIPLASH.action("create_order")
    record, context = request_record(), account.context()
    plan = action.plan(write_body(action, record, context), record, context)
    first: list[Written] = []

    def send(request: Request) -> Response:
        if request.method == "POST" and not first:
            first.append(account.create())
        return account.client.send(request)

    assert drive(plan, send).external_id == first[0].external_id
    assert len(account.orders()) == 1


def test_it_says_which_sku_whiplash_does_not_know(account: Account) -> None:
    line = {**sample("create_order.record.json")["lines"][0], "sku": "NO-SUCH"}
    with pytest.raises(Rejected, match=r"SO1042.*NO-SUCH"):
        account.create(request_record(lines=[line]))
    assert account.orders() == []


def test_it_says_what_whiplash_misses_in_an_address(account: Account) -> None:
    address = {**sample("create_order.record.json")["shipping_address"], "postal_code": None}
    with pytest.raises(Rejected, match="zip can't be blank"):
        account.create(request_record(shipping_address=address))


@pytest.mark.parametrize("missing", ["line1", "city", "country"])
def test_it_sends_no_incomplete_address(account: Account, missing: str) -> None:
    address = {**sample("create_order.record.json")["shipping_address"], missing: None}
    with pytest.raises(MappingFailed):
        account.create(request_record(shipping_address=address))


def test_it_tells_that_an_order_waits_for_stock(account: Account) -> None:
    line = {**sample("create_order.record.json")["lines"][0], "quantity": "501"}
    assert "insufficient" in account.create(request_record(lines=[line])).note
    assert account.orders()[0]["status"] == 95
    account.ask("receive", {"sku": line["sku"], "quantity": 10})
    assert account.orders()[0]["status"] == 100


def test_it_asks_for_the_warehouse_of_the_lookup_table(account: Account) -> None:
    action = WHIPLASH.action("create_order")
    context = account.context(find_row=lambda table, key: "4" if key == "2" else None)
    body = write_body(action, request_record(warehouse="2"), context)
    assert body["shop_warehouse_ids"] == [4]
    assert "shop_warehouse_ids" not in write_body(action, request_record(warehouse="9"), context)


def test_it_cancels_an_order_once(account: Account) -> None:
    account.create()
    assert account.find("cancel_order") is None
    assert account.act("cancel_order").note == ""
    assert account.act("cancel_order").note == "was already cancelled"
    assert account.orders()[0]["state"] == "Cancelled"
    assert account.find("cancel_order") is not None


def test_it_finds_the_cancellation_whose_answer_was_cut(account: Account) -> None:
    account.create()
    account.ask("break", {"kind": "cut_after", "match": "PUT .*/call/cancel"})
    with pytest.raises(Unreachable):
        account.act("cancel_order")
    assert account.find("cancel_order") is not None


def test_it_waits_for_the_order_before_cancelling_it(account: Account) -> None:
    with pytest.raises(MissingLink) as missing:
        account.act("cancel_order")
    assert (missing.value.key, missing.value.by) == (REFERENCE, "reference")


@pytest.mark.parametrize("status", [422, 405])
def test_it_says_that_a_packed_order_cannot_be_cancelled(account: Account, status: int) -> None:
    account.set(refused_action=status)
    account.create()
    account.ask("pack", {"order": REFERENCE})
    with pytest.raises(TooLate, match=r"SO1042.*Packed"):
        account.act("cancel_order")


def test_it_says_that_a_shipped_order_cannot_be_cancelled(account: Account) -> None:
    account.create()
    account.ask("ship", {"order": REFERENCE})
    with pytest.raises(TooLate, match=r"too late.*Shipped"):
        account.act("cancel_order")


def test_it_cancels_the_part_that_is_still_open(account: Account) -> None:
    account.create()
    account.ask("ship", {"order": REFERENCE, "parcels": [{"items": ["9911001"]}]})
    with pytest.raises(TooLate, match="still open is cancelled"):
        account.act("cancel_order")
    assert sorted(row["state"] for row in account.orders()) == ["Cancelled", "Shipped"]


def test_it_cancels_by_the_linked_id_when_there_is_no_reference(account: Account) -> None:
    written = account.create()
    account.act("cancel_order", reference="", record_id=written.external_id)
    assert account.orders()[0]["state"] == "Cancelled"


def test_it_reads_what_the_warehouse_cancelled(account: Account) -> None:
    account.create()
    account.ask("cancel", {"order": REFERENCE})
    (cancelled,) = account.read("cancelled_orders")
    assert (cancelled.reference, cancelled.status, cancelled.number) == (
        REFERENCE,
        "cancelled",
        "SO1042",
    )


def test_it_pauses_and_releases_an_order(account: Account) -> None:
    account.create()
    account.act("pause_order")
    assert account.orders()[0]["state"] == "Paused"
    assert account.act("pause_order").note == "was already paused"
    assert account.find("pause_order") is not None and account.find("release_order") is None
    account.act("release_order")
    assert account.orders()[0]["state"] == "Processing"
    assert account.act("release_order").note == "was not paused"
