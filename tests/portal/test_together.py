"""Two people have one page open: each keeps another part of it, and neither loses anything."""

import re

import pytest
from django.test import Client

from ekyam.tenants.scope import tenant_scope
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
