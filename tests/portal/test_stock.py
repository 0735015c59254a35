"""The pages of stock: what they say, what they filter, and what people change by them."""

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client

from ekyam.tenants.models import Role
from ekyam.tenants.scope import tenant_scope
from flows.models import Flow, Formula, KitPart, LookupRow, StockLocation, Sync
from flows.operations.stock.offers import formula_of, locations_table
from flows.states import State
from portal.web.spreadsheet import tame
from tests.portal.conftest import Side, sign_in
from tests.portal.stock_rows import (
    CLOSED,
    FORMULA_SKU,
    HERE,
    ODD_SKU,
    SHOP,
    STORE,
    Stock,
    furnish_stock,
)
from tests.portal.test_pages import count_queries, read
from tests.world import add_member


@pytest.fixture
def stock(here: Side) -> Stock:
    with tenant_scope(here.company.tenant):
        return furnish_stock(here.shop)


def row_of(text: str, sku: str) -> str:
    return next(part for part in text.split("<tr>") if f">{sku}</a></th>" in part)


def table_of(answer: Any) -> list[dict[str, str]]:
    text = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_it_says_first_how_stock_is(owner: Client, stock: Stock) -> None:
    text = read(owner, "/stock/")
    assert "6 SKUs are offered in Shopify." in text
    assert "1 is being corrected, 1 is stuck, 1 place is not mapped." in text


def test_it_says_that_all_is_well(owner: Client, here: Side, stock: Stock) -> None:
    with tenant_scope(here.company.tenant):
        here.shop.flow("Inventory Sync").deliveries.all().update(state="succeeded")
        LookupRow.objects.create(
            tenant=here.company.tenant, table=locations_table(stock.flow), key=STORE, value=""
        )
    text = read(owner, "/stock/")
    assert "6 SKUs are offered in Shopify. All are as they should be." in text


@pytest.mark.parametrize(
    ("sku", "chip", "words"),
    [
        ("LAMP-01", "As offered", ""),
        ("LAMP-02", "Being corrected", "holds 15, and 12 is offered, on its way"),
        ("LAMP-03", "Stuck", "Shopify does not track the stock of LAMP-03."),
        ("LAMP-04", "As offered", "orders #1042, #1047 are on their way to Whiplash"),
        ("SHADE-01", "Not mapped", "5 at a place that is not mapped"),
        ("SHADE-02", "Gone from the shop", "it is not there, and 4 would be offered"),
        ("SHADE-03", "Not in the shop", "it is not there, and 3 would be offered"),
    ],
)
def test_it_tells_the_state_of_a_sku_and_why(
    owner: Client, stock: Stock, sku: str, chip: str, words: str
) -> None:
    row = row_of(read(owner, "/stock/"), sku)
    assert chip in row
    assert words in row


def test_it_tells_of_a_difference_that_nobody_mends_yet(
    owner: Client, here: Side, stock: Stock
) -> None:
    with tenant_scope(here.company.tenant):
        stock.pair("TORCH", 3, 8)
    assert "nothing is on its way yet" in row_of(read(owner, "/stock/"), "TORCH")


@pytest.mark.parametrize(
    ("show", "found"),
    [
        ("correcting", ["LAMP-02"]),
        ("stuck", ["LAMP-03"]),
        ("on_the_way", ["LAMP-04"]),
        ("unmapped", ["SHADE-01"]),
        ("gone", ["SHADE-02"]),
        ("all&sku=shade", ["SHADE-01", "SHADE-02", "SHADE-03"]),
        ("correcting&sku=SHADE", []),
    ],
)
def test_it_filters_and_exports_alike(
    owner: Client, stock: Stock, show: str, found: list[str]
) -> None:
    text = read(owner, f"/stock/?show={show}")
    assert text.count('<th scope="row"><a href="/stock/sku/') == len(found)
    for sku in found:
        row_of(text, sku)
    assert [row["SKU"] for row in table_of(owner.get(f"/stock/csv/?show={show}"))] == found


def test_it_exports_what_a_spreadsheet_cannot_run(owner: Client, stock: Stock) -> None:
    rows = {row["SKU"]: row for row in table_of(owner.get("/stock/csv/"))}
    assert f"'{FORMULA_SKU}" in rows
    lamp = rows["LAMP-04"]
    assert lamp["Whiplash, Main warehouse: on hand"] == "20"
    assert lamp["Shopify, Online: offered"] == "17"
    assert "#1042" in lamp["Why"]


def test_it_exports_the_rows_of_one_company(there: Side, stock: Stock) -> None:
    outsider = sign_in(there.company.owner)
    assert table_of(outsider.get("/stock/csv/")) == []


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd", "'+cmd"),
        ("-x", "'-x"),
        ("@sum", "'@sum"),
        ("\tx", "'\tx"),
        (-5, "-5"),
        ("+3.5", "+3.5"),
        ("plain", "plain"),
        (None, ""),
    ],
)
def test_it_tames_what_looks_like_a_formula(cell: Any, text: str) -> None:
    assert tame(cell) == text


def test_it_pages_by_sku_and_exports_all(owner: Client, here: Side, stock: Stock) -> None:
    with tenant_scope(here.company.tenant):
        for number in range(120):
            stock.pair(f"N{number:03}", number, number)
    text, seen = read(owner, "/stock/?sku=N"), []
    while True:
        seen += re.findall(r"sku=N(\d{3})\"", text)
        if "after=" not in text:
            break
        text = read(owner, f"/stock/?sku=N&after={text.split('after=')[1].split(chr(34))[0]}")
    assert seen == [f"{number:03}" for number in range(120)]
    assert len(table_of(owner.get("/stock/csv/?sku=N"))) == 120


def test_it_asks_no_more_of_more_skus(owner: Client, here: Side, stock: Stock) -> None:
    before = count_queries(owner, "/stock/")
    with tenant_scope(here.company.tenant):
        for number in range(30):
            stock.pair(f"N{number:03}", number, number + 1)
    assert count_queries(owner, "/stock/") == before


def test_it_shows_one_sku_with_its_sum_and_orders(owner: Client, here: Side, stock: Stock) -> None:
    with tenant_scope(here.company.tenant):
        order = here.shop.record("#1050")
        here.shop.link(order, "whiplash", "1050")
    text = read(owner, "/stock/sku/?sku=LAMP-04")
    assert "17 are offered at Online in Shopify, as it should be." in text
    for part in ("Available at Main warehouse", "Sold, and not known there yet: #1042, #1047"):
        assert part in text
    assert "/orders/rec_" in text and "On its way" in text
    assert "Whiplash, at 4: available moved." in text and ">20<" in text
    assert "SET-01" in read(owner, "/stock/sku/?sku=LAMP-01")
    assert "LAMP-01" in read(owner, "/stock/sku/?sku=SET-01")
    assert "/dead-letters/" in read(owner, "/stock/sku/?sku=LAMP-03")


def test_it_links_to_skus_of_any_characters(owner: Client, stock: Stock) -> None:
    row = read(owner, "/stock/?sku=A/").split('href="/stock/sku/?sku=')[1].split('"')[0]
    answer = owner.get(f"/stock/sku/?sku={row}")
    assert answer.status_code == 200 and "7 are offered" in answer.content.decode()
    assert owner.get("/stock/sku/", {"sku": ODD_SKU}).status_code == 200
    assert owner.get("/stock/sku/?sku=nobody").status_code == 404
    assert owner.get("/stock/sku/?sku=a%00b").status_code == 400


def test_it_takes_what_the_source_knows_for_known(owner: Client, here: Side, stock: Stock) -> None:
    with tenant_scope(here.company.tenant):
        stock.pair("BOLT", 6, 6)
        order = stock.sold("#1060", "BOLT", 1)
        link = here.shop.link(order, "whiplash", "1060")
        type(link).objects.filter(pk=link.pk).update(created_at=here.shop.now.replace(year=2020))
    assert "Known there" in read(owner, "/stock/sku/?sku=BOLT")
    assert ">BOLT<" not in read(owner, "/stock/?show=on_the_way")


def test_it_asks_on_the_first_page_for_a_place(owner: Client, stock: Stock) -> None:
    text = read(owner, "/")
    assert "Store in Pune" in text and f"/stock/flows/{stock.flow.public_id}/" in text


def test_it_asks_for_a_place_that_is_closed(owner: Client, here: Side, stock: Stock) -> None:
    with tenant_scope(here.company.tenant):
        LookupRow.objects.update(value=CLOSED)
    assert "It is offered at Old shop in Shopify, which is closed." in read(owner, "/")


def places(side: Side, stock: Stock) -> dict[str, str | None]:
    with tenant_scope(side.company.tenant):
        rows = LookupRow.objects.filter(table=locations_table(stock.flow))
        return dict(rows.values_list("key", "value"))


def id_of(side: Side, place: str) -> str:
    with tenant_scope(side.company.tenant):
        return StockLocation.objects.get(external_id=place).public_id


def test_it_shows_places_and_what_is_wrong_with_them(owner: Client, stock: Stock) -> None:
    text = read(owner, f"/stock/flows/{stock.flow.public_id}/")
    assert "Nobody has said where it is offered in Shopify." in text
    assert f'<option value="{CLOSED}" disabled>' in text
    assert "never below 0" in text


def test_it_maps_a_place_and_compares_anew(owner: Client, here: Side, stock: Stock) -> None:
    address = f"/stock/flows/{stock.flow.public_id}/places/"
    answer = owner.post(address, {id_of(here, STORE): SHOP}, follow=True)
    assert "Everything is being compared by it now." in answer.content.decode()
    assert places(here, stock) == {HERE: SHOP, STORE: SHOP}
    answer = owner.post(address, {id_of(here, HERE): "-", id_of(here, STORE): ""}, follow=True)
    assert "it is in the next one" in answer.content.decode()
    assert places(here, stock) == {HERE: ""}
    assert "Nothing was changed." in owner.post(address, follow=True).content.decode()
    with tenant_scope(here.company.tenant):
        assert Sync.objects.filter(flow=stock.flow).exclude(state="done").count() == 1


@pytest.mark.parametrize("value", [CLOSED, "999"])
def test_it_maps_to_no_place_that_is_not_open(
    owner: Client, here: Side, stock: Stock, value: str
) -> None:
    address = f"/stock/flows/{stock.flow.public_id}/places/"
    answer = owner.post(address, {id_of(here, STORE): value}, follow=True)
    assert "is no place of Shopify that is open" in answer.content.decode()
    assert places(here, stock) == {HERE: SHOP}


FORMULA = {
    "base": "available",
    "less_safety": "on",
    "less_on_the_way": "on",
    "buffer": "2",
    "least_percent": "80",
    "most_to_zero_percent": "20",
    "read_back_hours": "24",
}


def test_it_shows_what_a_formula_would_change_and_keeps_nothing(
    owner: Client, here: Side, stock: Stock
) -> None:
    address = f"/stock/flows/{stock.flow.public_id}/formula/"
    text = owner.post(address, {**FORMULA, "preview": "1"}).content.decode()
    assert "8 of 9 SKUs would be offered otherwise." in text
    assert "LAMP-01" in text and 'value="2"' in text
    with tenant_scope(here.company.tenant):
        assert not Formula.objects.exists()
        assert not Sync.objects.exclude(state="done").exists()


def test_it_keeps_a_formula_and_compares_anew(owner: Client, here: Side, stock: Stock) -> None:
    address = f"/stock/flows/{stock.flow.public_id}/formula/"
    for buffer in ("2", "3"):
        assert owner.post(address, {**FORMULA, "buffer": buffer}).status_code == 302
    with tenant_scope(here.company.tenant):
        kept = formula_of(stock.flow)
        assert (kept.buffer, kept.less_safety, kept.less_committed) == (3, True, False)
        assert Sync.objects.exclude(state="done").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"buffer": "-1"},
        {"buffer": "many"},
        {"least_percent": "101"},
        {"most_to_zero_percent": ""},
        {"base": "all of it"},
        {"read_back_hours": "99999"},
    ],
)
def test_it_refuses_a_formula_that_is_none(
    owner: Client, here: Side, stock: Stock, wrong: dict[str, str]
) -> None:
    address = f"/stock/flows/{stock.flow.public_id}/formula/"
    answer = owner.post(address, {**FORMULA, **wrong})
    assert answer.status_code == 200 and 'class="error"' in answer.content.decode()
    with tenant_scope(here.company.tenant):
        assert not Formula.objects.exists()


def test_it_adds_and_removes_kits(owner: Client, here: Side, stock: Stock) -> None:
    address = f"/stock/flows/{stock.flow.public_id}/kits/"
    owner.post(address, {"kit": "SET-02", "part": "LAMP-02", "quantity": "3"})
    with tenant_scope(here.company.tenant):
        row = KitPart.objects.get(kit="SET-02")
        assert (row.part, row.quantity) == ("LAMP-02", 3)
        assert Sync.objects.exclude(state="done").count() == 1
    assert "SET-02" in read(owner, f"/stock/flows/{stock.flow.public_id}/")
    owner.post(f"{address}remove/", {"part": row.public_id})
    with tenant_scope(here.company.tenant):
        assert not KitPart.objects.filter(kit="SET-02").exists()


@pytest.mark.parametrize(
    ("kit", "part", "quantity", "words"),
    [
        ("X", "X", "1", "not a part of itself"),
        ("X", "SET-01", "1", "cannot be a part of another kit"),
        ("LAMP-01", "X", "1", "cannot be a part of another kit"),
        ("X", "Y", "0", 'class="error"'),
        ("X", "", "1", 'class="error"'),
    ],
)
def test_it_refuses_kits_that_cannot_be(
    owner: Client, here: Side, stock: Stock, kit: str, part: str, quantity: str, words: str
) -> None:
    address = f"/stock/flows/{stock.flow.public_id}/kits/"
    answer = owner.post(address, {"kit": kit, "part": part, "quantity": quantity})
    assert answer.status_code == 200 and words in answer.content.decode()
    with tenant_scope(here.company.tenant):
        assert KitPart.objects.count() == 1


def test_it_shows_the_settings_to_who_may_only_look(viewer: Client, stock: Stock) -> None:
    text = read(viewer, f"/stock/flows/{stock.flow.public_id}/")
    for words in ("Keep the places", "Keep the formula", "Preview", "Remove", ">Add<"):
        assert words not in text


def test_it_knows_settings_of_stock_only(owner: Client, here: Side, stock: Stock) -> None:
    other = here.shop.flow("Orders").public_id
    assert owner.get(f"/stock/flows/{other}/").status_code == 404
    assert owner.post(f"/stock/flows/{other}/sync/").status_code == 404


def test_it_compares_everything_for_an_operator(here: Side, stock: Stock) -> None:
    operator = sign_in(add_member(here.company.tenant, Role.OPERATOR))
    address = f"/stock/flows/{stock.flow.public_id}/sync/"
    answer = operator.post(address)
    with tenant_scope(here.company.tenant):
        sync = Sync.objects.exclude(state="done").get()
        assert answer["Location"] == f"/stock/syncs/{sync.public_id}/"
        assert sync.asked_by == "operator@juniper.example"
    assert "being compared already" in operator.post(address, follow=True).content.decode()


def test_it_compares_nothing_by_a_flow_that_is_off(owner: Client, here: Side, stock: Stock) -> None:
    with tenant_scope(here.company.tenant):
        Flow.objects.filter(pk=stock.flow.pk).update(is_on=False)
    address = f"/stock/flows/{stock.flow.public_id}/sync/"
    assert "is off" in owner.post(address, follow=True).content.decode()
    assert "No flow of stock is on" in read(owner, "/stock/")


def test_it_says_of_a_delivery_why_it_was_made(owner: Client, here: Side, stock: Stock) -> None:
    with tenant_scope(here.company.tenant):
        dead = stock.flow.deliveries.get(state=State.DEAD)
    assert "The target held 9, and 5 is offered." in read(owner, f"/deliveries/{dead.public_id}/")


def test_it_links_flows_of_stock_to_their_settings(owner: Client, stock: Stock) -> None:
    assert "compared" in read(owner, "/flows/")
    text = read(owner, f"/flows/{stock.flow.public_id}/")
    assert f"/stock/flows/{stock.flow.public_id}/" in text
