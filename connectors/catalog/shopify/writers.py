"""The standard -> what Shopify's mutations are given, line by line."""

from connectors.catalog.shopify.fulfilment import EVENT_STATUS, tracking_urls
from connectors.catalog.shopify.products import handle_of, variants_body
from connectors.spec import Line, Mapping
from connectors.transforms import (
    boolean,
    call,
    choose,
    constant,
    date_text,
    default,
    fit,
    integer,
    lookup,
    setting,
    text,
    upper,
)

_YES = boolean(("yes", True))

FULFILLMENT = Mapping(
    (
        Line(
            "lines",
            "lines",
            each=(
                Line("reference", "reference", required=True),
                Line("sku", "sku"),
                Line("quantity", "quantity", (integer(),), required=True),
            ),
        ),
        Line(
            "tracking.company", "carrier || parcels[0].carrier", (lookup("shopify_carriers", None),)
        ),
        Line("tracking.numbers", "parcels[].tracking_number"),
        Line("tracking.urls", "parcels", (call(tracking_urls),)),
        Line("notify", "", (setting("notify_customer"), default("no"), _YES)),
    )
)

FULFILLMENT_EVENT = Mapping(
    (
        Line("status", "status", (choose(EVENT_STATUS),), required=True),
        Line("happenedAt", "happened_at", (date_text("%Y-%m-%dT%H:%M:%SZ"),), required=True),
        Line("message", "message || status", (fit(250),)),
        Line("city", "city"),
        Line("province", "region"),
        Line("country", "country"),
        Line("estimatedDeliveryAt", "estimated_delivery_at", (date_text("%Y-%m-%dT%H:%M:%SZ"),)),
    )
)

ORDER_NUMBER = Mapping(
    (
        Line("number", "number", (fit(36),), required=True),
        Line("tag", "join(' ', ['ERP', number])", (fit(40),)),
        Line("place", "", (setting("order_number_place"), default("tag"))),
    )
)

# Shopify knows six reasons; a system that has others is not lying when it says «other».
_REASONS = {
    "customer": "CUSTOMER",
    "declined": "DECLINED",
    "fraud": "FRAUD",
    "inventory": "INVENTORY",
    "staff": "STAFF",
}

CANCELLATION = Mapping(
    (
        Line("reason", "cancel_reason", (default("other"), choose(_REASONS, "OTHER"))),
        Line("restock", "", (setting("restock_on_cancel"), default("yes"), _YES)),
        Line("refund", "", (setting("refund_on_cancel"), default("no"), _YES)),
        Line("notify", "", (setting("notify_customer"), default("no"), _YES)),
        Line("note", "number", (call(lambda number: f"Cancelled with {number}", "note"), fit(255))),
    )
)

CLOSING = Mapping((Line("number", "number"),))

PRODUCT = Mapping(
    (
        Line("title", "title", required=True),
        Line("handle", "@", (call(handle_of),), required=True),
        Line("descriptionHtml", "description"),
        Line("vendor", "vendor"),
        Line("productType", "product_type"),
        Line("status", "status", (default("active"), upper())),
        Line("tags", "tags"),
        Line("variants", "variants", (call(variants_body),), required=True),
    )
)

INVENTORY = Mapping(
    (
        Line("sku", "sku", required=True),
        Line("location", "location", (text(),), required=True),
        Line("quantity", "available", (integer(),), required=True),
        Line("name", "", (constant("available"),)),
        Line("reason", "", (constant("correction"),)),
    )
)
