"""What is learned, and what of it may leave its tenant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.suggest import Choice, Knowledge
from flows.suggest.knowledge import Tally, fold, is_custom, may_share, merge

PUBLISHED = ["email", "line_items[].sku", "custbody_gift", "properties[].name", "sr-status"]


def choose(source: str, *, accepted: bool = True, attribute: str = "email") -> Choice:
    return Choice("shop", "orders", attribute, source, accepted)


def test_choices_are_counted() -> None:
    known = Knowledge()
    for accepted in (True, True, False):
        known = fold(known, choose("mail", accepted=accepted))
    assert known.of_stream("shop", "orders") == {("email", "mail"): Tally(2, 1)}
    assert known.of_stream("shop", "returns") == {}


def test_own_and_shared_knowledge_add_up() -> None:
    one, other = fold(Knowledge(), choose("mail")), fold(Knowledge(), choose("mail"))
    assert merge(one, other).of_stream("shop", "orders") == {("email", "mail"): Tally(2, 0)}


@pytest.mark.parametrize(
    "path",
    [
        "custbody_ek_channel",
        "item.items[].custcol_line",
        "U_EK_Channel",
        "DocumentLines[].U_EK_LineRef",
        "metafields.custom.vat",
        "note_attributes",
        "note_attributes[].value",
        "line_items[].properties",
        "meta_data[].value",
        "customFields.colour",
        "custom_attributes[].code",
        "Vat_Number__c",
        '"x-secret"',
    ],
)
def test_a_custom_field_is_never_shared(path: str) -> None:
    assert is_custom(path)
    assert not may_share(choose(path), attributes=["email"], published=[path])


@pytest.mark.parametrize(
    "path", ["customer.email", "customer_email", "CustomerPoNumber", "custname"]
)
def test_a_customer_is_not_a_custom_field(path: str) -> None:
    assert not is_custom(path)


def test_only_what_the_connector_itself_publishes_is_shared() -> None:
    assert may_share(choose("email"), attributes=["email"], published=PUBLISHED)
    assert not may_share(choose("private_mail"), attributes=["email"], published=PUBLISHED)
    assert not may_share(choose("email"), attributes=["phone"], published=PUBLISHED)


def test_a_name_that_may_be_a_value_is_not_shared() -> None:
    path = '"meera@example.org".phone'
    assert not may_share(choose(path), attributes=["email"], published=[path])


@given(st.text(max_size=300), st.booleans())
def test_whatever_is_shared_stands_in_what_the_connector_publishes(path: str, told: bool) -> None:
    choice = choose(path, accepted=told)
    assert path in PUBLISHED or not may_share(choice, attributes=["email"], published=PUBLISHED)


@given(st.text(max_size=300), st.text(max_size=300))
def test_knowledge_holds_paths_and_counts_and_nothing_else(attribute: str, source: str) -> None:
    known = fold(Knowledge(), choose(source, attribute=attribute))
    for key, tally in known.tallies.items():
        assert key == ("shop", "orders", attribute, source)
        assert vars(tally) == {"accepted": 1, "refused": 0}
