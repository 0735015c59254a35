"""Doors that close: tokens that run out, credentials that are revoked, flows that are Off."""

from flows.demo.orders import CALLED_OFF, KINDS, SHIPPED, Kind, line
from flows.demo.story import Ledgers
from tests.journeys.day import Day, eventually
from tests.journeys.house import House
from tests.journeys.test_order_of_events import of_flow, sales_of, states_of

PLAIN = KINDS[0]
SPLIT = [kind for kind in KINDS if kind.parcels > 1 or kind.ships_in > 1]
ENGRAVED = {"title": "Engraving", "price": "6.00", "quantity": 1}


def test_it_renews_tokens_that_run_out_midway(house: House) -> None:
    house.wait_until_settled_in()
    day = Day(house)
    for remote in (house.remotes.shop, house.remotes.erp, house.remotes.warehouse):
        remote.do("break", kind="token_expired")
    for _ in range(3):
        day.story.place(PLAIN)
    assert day.close(), day.wrong()
    assert not day.wrong()
    for slug in ("shopify", "netsuite", "whiplash"):
        assert house.desk.state(slug) == "active"


def test_it_holds_back_until_a_person_brings_new_credentials(house: House) -> None:
    house.wait_until_settled_in()
    day = Day(house)
    order = day.story.place(PLAIN)
    eventually(lambda: sales_of(house, order))
    fresh = "shpss_rotated_and_no_secret"
    house.remotes.shop.do("set", client_secret=fresh)
    house.remotes.shop.do("break", kind="token_expired")
    eventually(lambda: house.desk.state("shopify") == "needs_reauthorization")

    def waits() -> bool:
        day.story.advance()
        states = states_of(house, order, "Fulfilments")
        return bool(states) and set(states) <= {"parked", "pending"}

    eventually(waits)
    assert Ledgers.read(house.remotes).shop[order.id]["state"] == "UNFULFILLED"
    house.desk.ask("change_credentials", slug="shopify", client_secret=fresh)
    assert day.close(), day.wrong()
    assert not day.wrong()


def test_it_sends_nothing_while_a_flow_is_off_and_all_of_it_once_afterwards(house: House) -> None:
    day = Day(house)
    house.desk.ask("switch", label="Orders", is_on=False)
    try:
        orders = [day.story.place(PLAIN) for _ in range(3)]
        for order in orders:
            eventually(lambda id=order.id: house.desk.ask("webhook", order=id))  # type: ignore[misc]
            eventually(lambda id=order.id: _is_routed(house, id))  # type: ignore[misc]
        assert not any(of_flow(house, order, "Orders") for order in orders)
        assert not any(sales_of(house, order) for order in orders)
    finally:
        house.desk.ask("switch", label="Orders", is_on=True)
    assert day.close(), day.wrong()
    assert not day.wrong()


def _is_routed(house: House, order: str) -> bool:
    return house.desk.ask("webhook", order=order)["state"] in ("routed", "ignored")


def test_it_follows_parts_and_parcels(house: House) -> None:
    day = Day(house, kinds=SPLIT)
    day.trade(len(SPLIT) * 2, lambda: None)
    assert day.close(), day.wrong()
    assert not day.wrong()


def test_it_says_that_a_line_has_no_sku_and_goes_on_when_it_has(house: House) -> None:
    day = Day(house)
    kind = Kind("engraved", {"lines": [line("EKM-MUG"), ENGRAVED]}, expected=SHIPPED)
    order = day.story.place(kind)
    eventually(lambda: "dead" in states_of(house, order, "Orders"))
    row = of_flow(house, order, "Orders")[-1]
    assert "«Engraving» has no SKU" in row["reason"]
    assert not sales_of(house, order)
    house.remotes.shop.do(
        "edit_order", order=order.id, lines=[{"sku": None, "quantity": 0}], add=[line("EKM-CAP")]
    )
    assert day.close(), day.wrong()
    assert not day.wrong()


def test_it_calls_off_in_time(house: House) -> None:
    day = Day(house, kinds=[kind for kind in KINDS if kind.expected == CALLED_OFF])
    day.trade(2, lambda: None)
    assert day.close(), day.wrong()
    assert not day.wrong()
