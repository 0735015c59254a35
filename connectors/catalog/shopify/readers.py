"""Shopify's records -> the standard, line by line."""

from collections.abc import Mapping as Dict
from decimal import Decimal
from typing import Any

from connectors.catalog.shopify import records, refunds
from connectors.errors import MappingFailed
from connectors.spec import Line, Mapping
from connectors.transforms import boolean, call, decimal, default, instant, lower, strip, text

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
        Line(f"{name}.{ours}", f"{name}.{theirs}", (strip(),)) for ours, theirs in _ADDRESS.items()
    )


def _customer(target: str, source: str) -> tuple[Line, ...]:
    return (
        Line(f"{target}id", f"{source}id", (text(),)),
        Line(f"{target}updated_at", f"{source}updated_at", (instant(),)),
        Line(f"{target}first_name", f"{source}first_name", (strip(),)),
        Line(f"{target}last_name", f"{source}last_name", (strip(),)),
        Line(f"{target}company", f"{source}default_address.company", (strip(),)),
        Line(f"{target}email", f"{source}email", (strip(), lower())),
        Line(f"{target}phone", f"{source}phone || {source}default_address.phone", (strip(),)),
        Line(f"{target}currency", f"{source}currency"),
        Line(f"{target}addresses", source[:-1] or "@", (call(records.customer_addresses),)),
        Line(f"{target}note", f"{source}note", (strip(),)),
        Line(f"{target}tags", f"{source}tags", (call(records.split_tags),)),
    )


CUSTOMER = Mapping(
    (
        *_customer("", ""),
        Line("label", "join(' ', not_null([first_name, last_name])[?@])", (strip(),)),
    )
)

ORDER = Mapping(
    (
        Line("id", "id", (text(),), required=True),
        Line("label", "name"),
        Line("updated_at", "updated_at", (instant(),)),
        Line("number", "name", required=True),
        Line("status", "@", (call(records.status_of),)),
        Line("placed_at", "processed_at || created_at", (instant(),)),
        Line("cancelled_at", "cancelled_at", (instant(),)),
        Line("cancel_reason", "cancel_reason"),
        Line("currency", "currency", required=True),
        Line("taxes_included", "taxes_included", (boolean(),)),
        *_customer("customer.", "customer."),
        Line("email", "email || customer.email", (strip(), lower())),
        Line("phone", "phone || shipping_address.phone", (strip(),)),
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
        Line("note", "note", (strip(),)),
        Line("tags", "tags", (call(records.split_tags),)),
        Line("is_test", "test", (boolean(),)),
    )
)

REFUND = Mapping(
    (
        Line("id", "id", (text(),), required=True),
        Line("updated_at", "processed_at || created_at", (instant(),)),
        Line("order_id", "order_id", (text(),), required=True),
        Line("currency", "@", (call(refunds.currency_of),), required=True),
        Line("refunded_at", "processed_at || created_at", (instant(),)),
        Line("lines", "@", (call(refunds.refund_lines),)),
        Line("shipping", "@", (call(refunds.shipping),)),
        Line("shipping_tax", "@", (call(refunds.shipping_tax),)),
        Line("adjustment", "@", (call(refunds.adjustment),)),
        Line("total", "@", (call(refunds.refund_total),)),
        Line("payments", "@", (call(refunds.refund_payments),)),
        Line("note", "note", (strip(),)),
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
        Line("id", "id", (text(),), required=True),
        Line("label", "handle"),
        Line("updated_at", "updated_at", (instant(),)),
        Line("title", "title", required=True),
        Line("description", "body_html", (strip(),)),
        Line("vendor", "vendor", (strip(),)),
        Line("product_type", "product_type", (strip(),)),
        Line("status", "status == 'unlisted' && 'active' || status", (default("active"),)),
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
        Line("sku", "sku", (strip(), default(""))),
        Line("item_id", "inventory_item_id", (text(),), required=True),
        Line("location", "location_id", (text(),), required=True),
        Line("location_label", "location_name"),
        Line("updated_at", "updated_at", (instant(),)),
        Line("counted_at", "updated_at", (instant(),)),
        Line("on_hand", "on_hand", (decimal(),)),
        Line("available", "available", (decimal(),)),
        Line("committed", "committed", (decimal(),)),
        Line("safety", "safety_stock", (decimal(),)),
        Line("damaged", "damaged", (decimal(),)),
    )
)

# Of a location that was deleted Shopify tells the number alone.
LOCATION = Mapping(
    (
        Line("id", "id", (text(),), required=True),
        Line("label", "name", (strip(),)),
        Line("updated_at", "updated_at", (instant(),)),
        Line("is_active", "active", (default(False), boolean())),
    )
)
