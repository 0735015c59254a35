"""Shopify's records -> the standard, line by line."""

from collections.abc import Mapping as Dict
from decimal import Decimal
from typing import Any

from connectors.catalog.shopify import records, refunds
from connectors.errors import MappingFailed
from connectors.spec import Line, Mapping
from connectors.steps import Default, Lower, ToBoolean, ToDecimal, ToText, ToTime, Trim, call

_ADDRESS = {
    "name": "name",
    "first_name": "first_name",
    "last_name": "last_name",
    "company": "company",
    "line1": "address1",
    "line2": "address2",
    "city": "city",
    "region": "province_code",
    "postal_code": "zip",
    "country": "country_code",
    "phone": "phone",
}


def _address(name: str) -> tuple[Line, ...]:
    return tuple(
        Line(f"{name}.{ours}", f"{name}.{theirs}", (Trim(),)) for ours, theirs in _ADDRESS.items()
    )


def _customer(target: str, source: str) -> tuple[Line, ...]:
    return (
        Line(f"{target}id", f"{source}id", (ToText(),)),
        Line(f"{target}updated_at", f"{source}updated_at", (ToTime(),)),
        Line(f"{target}first_name", f"{source}first_name", (Trim(),)),
        Line(f"{target}last_name", f"{source}last_name", (Trim(),)),
        Line(f"{target}company", f"{source}default_address.company", (Trim(),)),
        Line(f"{target}email", f"{source}email", (Trim(), Lower())),
        Line(f"{target}phone", f"{source}phone || {source}default_address.phone", (Trim(),)),
        Line(f"{target}currency", f"{source}currency"),
        Line(f"{target}addresses", source[:-1] or "@", (call(records.customer_addresses),)),
        Line(f"{target}note", f"{source}note", (Trim(),)),
        Line(f"{target}tags", f"{source}tags", (call(records.split_tags),)),
    )


CUSTOMER = Mapping(
    (
        *_customer("", ""),
        Line("label", "join(' ', not_null([first_name, last_name])[?@])", (Trim(),)),
    )
)

ORDER = Mapping(
    (
        Line("id", "id", (ToText(),), required=True),
        Line("label", "name"),
        Line("updated_at", "updated_at", (ToTime(),)),
        Line("number", "name", required=True),
        Line("status", "@", (call(records.status_of),)),
        Line("placed_at", "processed_at || created_at", (ToTime(),)),
        Line("cancelled_at", "cancelled_at", (ToTime(),)),
        Line("cancel_reason", "cancel_reason"),
        Line("currency", "currency", required=True),
        Line("taxes_included", "taxes_included", (ToBoolean(),)),
        *_customer("customer.", "customer."),
        Line("email", "email || customer.email", (Trim(), Lower())),
        Line("phone", "phone || shipping_address.phone", (Trim(),)),
        *_address("billing_address"),
        *_address("shipping_address"),
        Line("lines", "@", (call(records.order_lines),)),
        Line("shipping", "@", (call(records.order_shipping),)),
        Line("duties", "@", (call(records.duties),)),
        Line("tip", "@", (call(records.tip),)),
        Line("fee", "@", (call(records.fee),)),
        Line("rounding", "@", (call(records.rounding),)),
        Line("total", "@", (call(records.order_total),), required=True),
        Line("payment_terms", "@", (call(records.payment_terms),)),
        Line("payments", "@", (call(records.payments),)),
        Line("holds", "@", (call(records.holds),)),
        Line("shipping_method", "@", (call(records.shipping_method),)),
        Line("note", "note", (Trim(),)),
        Line("tags", "tags", (call(records.split_tags),)),
        Line("is_test", "test", (ToBoolean(),)),
    )
)

REFUND = Mapping(
    (
        Line("id", "id", (ToText(),), required=True),
        Line("updated_at", "processed_at || created_at", (ToTime(),)),
        Line("order_id", "order_id", (ToText(),), required=True),
        Line("currency", "@", (call(refunds.currency_of),), required=True),
        Line("refunded_at", "processed_at || created_at", (ToTime(),)),
        Line("lines", "@", (call(refunds.refund_lines),)),
        Line("shipping", "@", (call(refunds.shipping),)),
        Line("shipping_tax", "@", (call(refunds.shipping_tax),)),
        Line("adjustment", "@", (call(refunds.adjustment),)),
        Line("total", "@", (call(refunds.refund_total),)),
        Line("payments", "@", (call(refunds.refund_payments),)),
        Line("note", "note", (Trim(),)),
    )
)


def whole_product(product: Dict[str, Any]) -> Dict[str, Any]:
    """A webhook carries the first 100 variants only; the poll brings them all."""
    listed, named = product.get("variants") or (), product.get("variant_gids") or ()
    if len(named) > len(listed):
        raise MappingFailed(
            f"The product {product.get('title')} has {len(named)} variants, but Shopify's webhook"
            f" carries {len(listed)}; the next poll brings the whole product.",
            line="variants",
        )
    return product


def variants_of(product: Dict[str, Any]) -> list[dict[str, Any]]:
    whole_product(product)
    names = [option.get("name") for option in product.get("options") or ()]
    return [_variant(variant, names) for variant in product.get("variants") or ()]


def _variant(variant: Dict[str, Any], names: list[Any]) -> dict[str, Any]:
    sku = (variant.get("sku") or "").strip()
    if not sku:
        raise MappingFailed(
            f"The variant {variant.get('title') or variant['id']} has no SKU.",
            line="variants[].sku",
        )
    options = {name: variant.get(f"option{place}") for place, name in enumerate(names, 1)}
    found = {
        "id": str(variant["id"]),
        "sku": sku,
        "barcode": variant.get("barcode") or None,
        "price": _decimal(variant.get("price")),
        "compare_at_price": _decimal(variant.get("compare_at_price")),
        "currency": variant.get("currency"),
        "weight": _decimal(variant.get("weight")),
        "weight_unit": variant.get("weight_unit"),
        "options": {name: value for name, value in options.items() if name != "Title" and value},
        "is_tracked": variant.get("inventory_management", "shopify") is not None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _decimal(value: Any) -> Any:
    return None if value in (None, "") else Decimal(str(value))


PRODUCT = Mapping(
    (
        Line("id", "id", (ToText(),), required=True),
        Line("label", "handle"),
        Line("updated_at", "updated_at", (ToTime(),)),
        Line("title", "title", required=True),
        Line("description", "body_html", (Trim(),)),
        Line("vendor", "vendor", (Trim(),)),
        Line("product_type", "product_type", (Trim(),)),
        Line("status", "status == 'unlisted' && 'active' || status", (Default("active"),)),
        Line("tags", "tags", (call(records.split_tags),)),
        Line("image_url", "image.src"),
        Line("variants", "@", (call(variants_of),)),
    )
)

# One item at one location. A webhook names no SKU: the item's number does, wherever it is known.
LEVEL_ID = "join('-', [to_string(inventory_item_id), to_string(location_id)])"

INVENTORY_LEVEL = Mapping(
    (
        Line("id", "@", (call(records.level_id),), required=True),
        Line("sku", "sku", (Trim(), Default(""))),
        Line("item_id", "inventory_item_id", (ToText(),), required=True),
        Line("location", "location_id", (ToText(),), required=True),
        Line("location_label", "location_name"),
        Line("updated_at", "updated_at", (ToTime(),)),
        Line("counted_at", "updated_at", (ToTime(),)),
        Line("on_hand", "on_hand", (ToDecimal(),)),
        Line("available", "available", (ToDecimal(),)),
        Line("committed", "committed", (ToDecimal(),)),
        Line("safety", "safety_stock", (ToDecimal(),)),
        Line("damaged", "damaged", (ToDecimal(),)),
    )
)

# Of a location that was deleted Shopify tells the number alone.
LOCATION = Mapping(
    (
        Line("id", "id", (ToText(),), required=True),
        Line("label", "name", (Trim(),)),
        Line("updated_at", "updated_at", (ToTime(),)),
        Line("is_active", "active", (Default(False), ToBoolean())),
    )
)
