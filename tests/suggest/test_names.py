"""Names of fields as words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.suggest.names import words_in


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ShipZIPCode", "shipping postal code"),
        ("ship_to_postcode", "shipping to postal code"),
        ("orderQty", "order quantity"),
        ("ORDNBR", "order number"),
        ("quantityonhand", "quantity on hand"),
        ("line_items", "line item"),
        ("address1", "address 1"),
        ("cust-tel-no", "customer phone number"),
        ("totalAmt", "total amount"),
        ("UPC", "barcode"),
        ("awb", "tracking number"),
        ("größe", "grosse"),
        ("注文番号", "注文番号"),
        ("", ""),
    ],
)
def test_it_reads(name: str, words: str) -> None:
    assert " ".join(words_in(name)) == words


@settings(deadline=None)
@given(st.text(max_size=300))
def test_it_reads_any_name(name: str) -> None:
    assert all(words_in(name))
