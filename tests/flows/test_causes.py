"""What failed alike has one cause, whatever ids, amounts and quoted values its reason has."""

import uuid

import pytest
from django.db import connection

FLOW, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
pytestmark = pytest.mark.django_db


def cause(
    reason: str, *, failure: str = "rejected", line: str = "", flow: uuid.UUID = FLOW
) -> uuid.UUID:
    with connection.cursor() as cursor:
        target = uuid.UUID(int=9)
        cursor.execute("SELECT flows_cause(%s,%s,%s,%s,%s)", [failure, line, reason, flow, target])
        found = cursor.fetchone()
    assert found and isinstance(found[0], uuid.UUID)
    return found[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Order #1042 has no address.", "Order #77 has no address."),
        ("Order 1042: the total is 118.00 INR.", "Order A-9: the total is 5 INR."),
        ('The postcode "12 AB" is wrong', 'The postcode "Pune East" is wrong'),
        ("The postcode «12AB» is wrong.", "The postcode «Köln» is wrong."),
        ("'Asha Rao' is not a customer", "'Bo' is not a customer"),
        ("No user asha@juniper.example.", "No user b.o+x@elm.example."),
        ("NetSuite has no item JH-LAMP-01, JH-MUG.", "NetSuite has no item EKM-TEE."),
        ("gid://shopify/Order/1 is gone", "gid://shopify/Order/2222222 is gone"),
        ("Whiplash answered 503.", "Whiplash  answered 500"),
        ("at 2026-05-01T10:00:00Z", "at 2027-01-11T09:30:12Z"),
        (
            "token 6f1c2f9e-0b1a-4a53-9f4e-0a0b0c0d0e0f",
            "token 0b1a6f1c-2f9e-4a53-9f4e-111111111111",
        ),
    ],
)
def test_the_same_cause(one: str, other: str) -> None:
    assert cause(one) == cause(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The postcode is wrong", "The city is wrong"),
        ("«postcode» is required", "«city» is required"),
        ('field "shipping.zip" is blank', 'field "shipping.phone" is blank'),
        ("address1 is blank", "address2 is blank"),
        ("INVALID_KEY_OR_REF", "USER_ERROR"),
        ("", "Something"),
    ],
)
def test_another_cause(one: str, other: str) -> None:
    assert cause(one) != cause(other)


def unmapped(reason: str, *, line: str = "lines[0].sku", flow: uuid.UUID = FLOW) -> uuid.UUID:
    return cause(reason, failure="mapping_failed", line=line, flow=flow)


def test_what_a_mapping_fails_at_is_of_one_line_and_one_flow() -> None:
    assert unmapped("«A» is bad") == unmapped("«B2» is bad", line="lines[3].sku")
    assert unmapped("It is bad") != unmapped("It is bad", line="note")
    assert unmapped("It is bad") != unmapped("It is bad", flow=OTHER)
    assert cause("It is bad") == cause("It is bad", flow=OTHER)


def test_each_missing_row_is_a_cause_of_its_own() -> None:
    said = "«{}» has no row in the lookup table «carriers»."
    one, other = (cause(said.format(key), failure="missing_row") for key in ("DHL 1", "DHL 2"))
    assert one != other


def test_it_is_quick_with_a_reason_without_an_end() -> None:
    assert cause("'" * 200_000 + "«" * 50_000 + "a1 " * 50_000)
