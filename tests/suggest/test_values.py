"""What values look like."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.suggest.values import is_gtin, looks_of


@pytest.mark.parametrize(
    ("value", "look"),
    [
        ("meera.iyer@example.org", "email"),
        ("+91 98400 12345", "phone"),
        ("INR", "currency"),
        ("IN", "country"),
        ("Germany", "country"),
        ("2026-02-11T11:05:00.000+05:30", "iso_date"),
        ("12 Feb 2026, 05:25 PM", "date"),
        ("Wed, 11 Feb 2026 10:00:00 +0000", "date"),
        ("20260211", "date"),
        (1_770_000_000, "epoch"),
        ("1770000000000", "id"),
        ("LINEN-SHIRT-S-WHT", "sku"),
        ("4006381333931", "gtin"),
        ("1904142475154", "awb"),
        ("SW1A 1AA", "postcode"),
        ("600004", "postcode"),
        ("1499.00", "money"),
        (True, "boolean"),
        ("tNO", "boolean"),
        (0, "bit"),
        ("https://shop.example/orders/1", "url"),
        ("22 Temple Road", "street"),
        ("<p>x</p>", "html"),
    ],
)
def test_it_sees(value: Any, look: str) -> None:
    assert look in looks_of(value)


@pytest.mark.parametrize(
    ("value", "look"),
    [
        ("meera.iyer at example", "email"),
        ("4006381333932", "gtin"),  # the check digit is wrong
        ("hello", "currency"),
        ("Chennai", "country"),
        (600004, "postcode"),
        ("11:05", "date"),
        ("MUG-350", "words"),
        ("11.02.2026", "phone"),
        ("٣٤٥٦٧٨٩٠", "gtin"),
    ],
)
def test_it_does_not_see(value: Any, look: str) -> None:
    assert look not in looks_of(value)


@settings(deadline=None)
@given(st.integers(0, 10**12 - 1))
def test_one_check_digit_of_ten_is_right(body: int) -> None:
    assert sum(is_gtin(f"{body:012}{digit}") for digit in range(10)) == 1


@settings(deadline=None)
@given(st.text() | st.integers() | st.floats() | st.booleans())
def test_it_takes_any_value(value: Any) -> None:
    looks_of(value)
