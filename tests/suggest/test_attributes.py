"""The attributes of the standard, as a mapping writes them."""

import pytest

from connectors.standard import resources
from flows.suggest import Attribute, attributes_of


def order() -> dict[str, Attribute]:
    return {one.path: one for one in attributes_of(resources()["order"])}


@pytest.mark.parametrize(
    ("path", "kind", "required"),
    [
        ("id", "text", True),
        ("total", "money", True),
        ("status", "choice", False),
        ("placed_at", "date", False),
        ("taxes_included", "boolean", False),
        ("lines", "list", False),
        ("lines[].sku", "text", False),
        ("lines[].quantity", "decimal", True),
        ("lines[].unit_price", "money", True),
        ("lines[].taxes[].rate", "decimal", False),
        ("lines[].properties", "object", False),
        ("shipping_address.postal_code", "text", False),
        ("customer.id", "text", False),  # only of a customer; a guest has none
        ("tags", "list", False),
    ],
)
def test_it_knows_an_attribute(path: str, kind: str, required: bool) -> None:
    found = order()[path]
    assert (found.kind, found.required) == (kind, required)


def test_it_says_what_is_allowed_and_what_it_is_about() -> None:
    assert "partially_fulfilled" in order()["status"].allowed
    assert order()["lines[].unit_price"].about == "unit price of each of the lines"
    assert order()["shipping_address.city"].about == "city of the shipping address"


@pytest.mark.parametrize("resource", sorted(resources()))
def test_every_resource_has_attributes_with_paths_of_their_own(resource: str) -> None:
    found = attributes_of(resources()[resource])
    assert found
    assert len({one.path for one in found}) == len(found)
    assert {one.resource for one in found} == {resource}
