"""Two people have one page open: each keeps another part of it, and neither loses anything."""

import re
from html import unescape

import pytest
from django.test import Client

from ekyam.tenants.scope import tenant_scope
from flows.models import Formula
from flows.operations.stock.offers import formula_of
from tests.portal.conftest import Side
from tests.portal.stock_rows import Stock, furnish_stock
from tests.portal.test_pages import read
from tests.portal.test_stock import FORMULA


@pytest.fixture
def stock(here: Side) -> Stock:
    with tenant_scope(here.company.tenant):
        return furnish_stock(here.shop)


def test_the_page_of_a_stock_flow_keeps_what_a_colleague_has_changed_since(
    owner: Client, here: Side, stock: Stock
) -> None:
    """Both have the page open; each keeps another field, and another place."""
    page = f"/stock/flows/{stock.flow.public_id}/"
    seen = dict(re.findall(r'name="(initial-\w+)" value="([^"]*)"', read(owner, page)))
    assert seen["initial-buffer"] == "0"
    owner.post(f"{page}formula/", {**FORMULA, **seen, "buffer": "2"})
    owner.post(f"{page}formula/", {**FORMULA, **seen, "buffer": "0", "least_percent": "77"})
    with tenant_scope(here.company.tenant):
        kept = formula_of(stock.flow)
    assert (kept.buffer, kept.least_percent) == (2, 77)
    text = read(owner, page)
    first, second = re.findall(r'<input type="hidden" name="was_([^"]+)"', text)[:2]
    was = {
        f"was_{one}": value
        for one, value in re.findall(r'name="was_([^"]+)" value="([^"]*)"', text)
    }
    owner.post(f"{page}places/", {**was, first: "-", second: was[f"was_{second}"]})
    owner.post(f"{page}places/", {**was, first: was[f"was_{first}"], second: "-"})
    text = read(owner, page)
    assert f'name="was_{first}" value="-"' in text and f'name="was_{second}" value="-"' in text


def test_two_who_change_the_same_of_a_formula_are_shown_each_other(
    owner: Client, here: Side, stock: Stock
) -> None:
    page = f"/stock/flows/{stock.flow.public_id}/"
    seen = shown(read(owner, page))
    first = {**FORMULA, **seen, "buffer": "2", "base": "on_hand", "least_percent": "77"}
    assert owner.post(f"{page}formula/", first).status_code == 302
    mine = {**FORMULA, **seen, "buffer": "3", "read_back_hours": "12", "less_damaged": "on"}
    answer = owner.post(f"{page}formula/", mine)
    assert answer.status_code == 200
    text = unescape(answer.content.decode())
    who = here.company.owner.email
    assert f"Kept by {who} meanwhile: 2. Yours: 3. Keep yours?" in text
    assert text.count("Keep yours?") == 1 and 'name="buffer" value="3"' in text
    assert '<option value="on_hand" selected>' in text and 'name="least_percent" value="77"' in text
    assert kept(here, stock) == (2, "on_hand", 77, 24)
    again = {**mine, **shown(text), "base": "on_hand", "least_percent": "77"}
    assert owner.post(f"{page}formula/", again).status_code == 302
    assert kept(here, stock) == (3, "on_hand", 77, 12)


def test_a_formula_that_two_kept_alike_is_asked_about_no_more(
    owner: Client, here: Side, stock: Stock
) -> None:
    """And a box that one has ticked and the other not is told in words."""
    page = f"/stock/flows/{stock.flow.public_id}/"
    seen = shown(read(owner, page))
    alike = {**FORMULA, **seen, "buffer": "2"}
    for _ in range(2):
        assert owner.post(f"{page}formula/", alike).status_code == 302
    with tenant_scope(here.company.tenant):
        Formula.objects.update(less_damaged=True, base="on_hand")
    stale = {**alike, "initial-base": "", "initial-less_damaged": "odd"}
    text = unescape(owner.post(f"{page}formula/", stale).content.decode())
    assert "Kept by Somebody else meanwhile: All that is on hand. Yours: What" in text
    assert "Kept by Somebody else meanwhile: yes. Yours: no. Keep yours?" in text


def shown(text: str) -> dict[str, str]:
    return dict(re.findall(r'name="(initial-\w+)" value="([^"]*)"', text))


def kept(here: Side, stock: Stock) -> tuple[int, str, int, int]:
    with tenant_scope(here.company.tenant):
        found = formula_of(stock.flow)
    return found.buffer, found.base, found.least_percent, found.read_back_hours
