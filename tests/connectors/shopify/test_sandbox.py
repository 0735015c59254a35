"""The simulated shop refuses what Shopify refuses, in Shopify's words."""

from typing import Any

import pytest

from connectors.catalog.shopify import mutations, queries
from connectors.errors import UnexpectedResponse
from connectors.spec import Request
from tests.connectors.shopify.shop import Shop, shipment


def send(shop: Shop, document: str, version: str = "2026-07", **variables: Any) -> Any:
    path = f"/admin/api/{version}/graphql.json"
    asked = {"query": document, "variables": variables}
    return shop.client.send(Request("POST", path, json=asked)).json()["data"]


def stock_row(shop: Shop, **more: Any) -> dict[str, Any]:
    variables = {"query": 'sku:"EKM-MUG"'}
    (variant,) = send(shop, queries.VARIANTS_BY_SKU, **variables)["productVariants"]["nodes"]
    place = f"gid://shopify/Location/{shop.poll('locations')[0]['id']}"
    item = variant["inventoryItem"]["id"]
    row = {"inventoryItemId": item, "locationId": place, "quantity": 9, "changeFromQuantity": 500}
    return {**row, **more}


def set_stock(shop: Shop, key: str, *rows: Any, **more: Any) -> Any:
    fields = {"name": "available", "reason": "correction", "quantities": list(rows), **more}
    return send(shop, mutations.SET_INVENTORY, input=fields, key=key)["inventorySetQuantities"]


def codes(payload: Any) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


def test_it_answers_a_repeated_key_as_it_did_the_first_time(shop: Shop) -> None:
    row = stock_row(shop)
    first, again = set_stock(shop, "k1", row), set_stock(shop, "k1", row)
    assert first == again
    assert len(shop.journal("inventory.set")) == 1
    other = set_stock(shop, "k1", {**row, "quantity": 8})
    assert codes(other) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]


def test_it_remembers_that_a_key_has_failed(shop: Shop) -> None:
    row = stock_row(shop, changeFromQuantity=499)
    assert codes(set_stock(shop, "k1", row)) == ["CHANGE_FROM_QUANTITY_STALE"]
    assert codes(set_stock(shop, "k1", row)) == ["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"]
    assert codes(set_stock(shop, "k2", {**row, "changeFromQuantity": None})) == []


def test_it_wants_a_key_and_a_comparison_since_2026_04(shop: Shop) -> None:
    row = stock_row(shop)
    bare = mutations.SET_INVENTORY.replace("@idempotent(key: $key)", "").replace(
        ", $key: String!", ""
    )
    fields = {"name": "available", "reason": "correction", "quantities": [row]}
    with pytest.raises(UnexpectedResponse, match="@idempotent directive is required"):
        send(shop, bare, input=fields)
    assert codes(send(shop, bare, "2026-01", input=fields)["inventorySetQuantities"]) == []
    del row["changeFromQuantity"]
    with pytest.raises(UnexpectedResponse, match="changeFromQuantity"):
        set_stock(shop, "k1", row)


@pytest.mark.parametrize(
    ("change", "more", "code"),
    [
        ({"quantity": 10**9 + 1}, {}, "INVALID_QUANTITY_TOO_HIGH"),
        ({"inventoryItemId": "gid://shopify/InventoryItem/1"}, {}, "INVALID_INVENTORY_ITEM"),
        ({"locationId": "gid://shopify/Location/1"}, {}, "INVALID_LOCATION"),
        ({}, {"reason": "because"}, "INVALID_REASON"),
        ({}, {"name": "committed"}, "INVALID_NAME"),
    ],
)
def test_it_refuses_stock_row_by_row(shop: Shop, change: Any, more: Any, code: str) -> None:
    assert codes(set_stock(shop, "k1", stock_row(shop, **change), **more)) == [code]
    assert not shop.journal("inventory.set")


def test_it_refuses_a_pair_twice_and_too_many_rows(shop: Shop) -> None:
    row = stock_row(shop)
    assert codes(set_stock(shop, "k1", row, row)) == [
        "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"
    ]
    with pytest.raises(Exception, match="array size of 251"):
        set_stock(shop, "k2", *[row] * 251)


def fulfil(shop: Shop, *parts: Any) -> str:
    fields = {"lineItemsByFulfillmentOrder": list(parts)}
    payload = send(shop, mutations.CREATE_FULFILLMENT, fulfillment=fields)["fulfillmentCreate"]
    return "; ".join(error["message"] for error in payload["userErrors"])


def test_it_refuses_fulfilments_in_shopifys_words(shop: Shop) -> None:
    state = []
    for order_id in (shop.place(), shop.place()):
        found = send(shop, queries.FULFILLMENT_STATE, id=f"gid://shopify/Order/{order_id}")
        state.append(found["order"]["fulfillmentOrders"]["nodes"][0])
    first, second = ({"fulfillmentOrderId": node["id"]} for node in state)
    line = state[0]["lineItems"]["nodes"][0]["id"]
    unknown = {"fulfillmentOrderId": "gid://shopify/FulfillmentOrder/1"}
    assert fulfil(shop, unknown) == "Fulfillment order does not exist."
    assert "must belong to the same order" in fulfil(shop, first, second)
    for quantity, said in ((0, "greater than 0"), (99, "Invalid fulfillment order line item")):
        part = {**first, "fulfillmentOrderLineItems": [{"id": line, "quantity": quantity}]}
        assert said in fulfil(shop, part)
    assert fulfil(shop, first) == ""
    assert "unfulfillable status= closed" in fulfil(shop, first)


def test_it_deletes_variants_that_are_left_out(shop: Shop) -> None:
    """Which is why our own plan reads them first."""
    option = {"name": "Size", "values": [{"name": "S"}]}
    variant = {"sku": "EKM-TEE-S", "optionValues": [{"optionName": "Size", "name": "S"}]}
    fields = {"productOptions": [option], "variants": [variant]}
    send(shop, mutations.SET_PRODUCT, identifier={"handle": "tee01"}, input=fields)
    assert len(shop.journal("variant.delete")) == 2


def test_it_warns_of_a_search_key_it_does_not_know(shop: Shop) -> None:
    path = "/admin/api/2026-07/graphql.json"
    asked = {"query": '{ orders(first: 1, query: "colour:red") { nodes { id } } }'}
    answer = shop.client.send(Request("POST", path, json=asked)).json()
    assert answer["extensions"]["search"][0]["warnings"][0]["code"] == "invalid_field"


def test_it_restocks_what_is_cancelled(shop: Shop) -> None:
    order_id = shop.place({"sku": "EKM-CAP", "quantity": 4})
    caps = [row for row in shop.ask("ledger") if row["reference"] == "cap01"]
    assert caps[0]["lines"][0]["available"] == 496
    shop.ask("cancel_order", {"order": order_id})
    caps = [row for row in shop.ask("ledger") if row["reference"] == "cap01"]
    assert caps[0]["lines"][0]["available"] == 500


def test_it_takes_committed_stock_when_goods_leave(shop: Shop) -> None:
    order_id = shop.place({"sku": "EKM-CAP", "quantity": 4})
    shop.act("create_fulfillment", shipment(shop, order_id))
    levels = {level.sku: level for level in shop.read("inventory_levels", "inventory_levels")}
    assert (levels["EKM-CAP"].committed, levels["EKM-CAP"].on_hand) == (0, 496)
