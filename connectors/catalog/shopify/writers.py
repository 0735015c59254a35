"""The standard -> what Shopify's mutations are given, line by line."""

from connectors.catalog.shopify.fulfilment import EVENT_STATUS, tracking_urls
from connectors.catalog.shopify.products import handle_of, variants_body
from connectors.spec import Line, Mapping
from connectors.steps import (
    Choose,
    Constant,
    Default,
    Fit,
    FormatTime,
    Lookup,
    Setting,
    ToBoolean,
    ToText,
    ToWhole,
    Upper,
    call,
)

_YES = ToBoolean()

FULFILLMENT = Mapping(
    (
        Line(
            "lines",
            "lines",
            each=(
                Line("reference", "reference", required=True),
                Line("sku", "sku"),
                Line("quantity", "quantity", (ToWhole(),), required=True),
            ),
        ),
        Line(
            "tracking.company",
            "carrier || parcels[0].carrier",
            (Lookup("shopify_carriers", keep=True),),
        ),
        Line("tracking.numbers", "parcels[].tracking_number"),
        Line("tracking.urls", "parcels", (call(tracking_urls),)),
        Line("notify", "", (Setting("notify_customer"), Default("no"), _YES)),
    )
)

FULFILLMENT_EVENT = Mapping(
    (
        Line("status", "status", (Choose(EVENT_STATUS),), required=True),
        Line("happenedAt", "happened_at", (FormatTime("%Y-%m-%dT%H:%M:%SZ"),), required=True),
        Line("message", "message || status", (Fit(250),)),
        Line("city", "city"),
        Line("province", "region"),
        Line("country", "country"),
        Line("estimatedDeliveryAt", "estimated_delivery_at", (FormatTime("%Y-%m-%dT%H:%M:%SZ"),)),
    )
)

ORDER_NUMBER = Mapping(
    (
        Line("number", "number", (Fit(36),), required=True),
        Line("tag", "join(' ', ['ERP', number])", (Fit(40),)),
        Line("place", "", (Setting("order_number_place"), Default("tag"))),
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
        Line("reason", "cancel_reason", (Default("other"), Choose(_REASONS, "OTHER"))),
        Line("restock", "", (Setting("restock_on_cancel"), Default("yes"), _YES)),
        Line("refund", "", (Setting("refund_on_cancel"), Default("no"), _YES)),
        Line("notify", "", (Setting("notify_customer"), Default("no"), _YES)),
        Line("note", "join(' ', ['Cancelled with', number])", (Fit(255),)),
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
        Line("status", "status", (Default("active"), Upper())),
        Line("tags", "tags"),
        Line("variants", "variants", (call(variants_body),), required=True),
    )
)

INVENTORY = Mapping(
    (
        Line("sku", "sku", required=True),
        Line("location", "location", (ToText(),), required=True),
        Line("quantity", "available", (ToWhole(),), required=True),
        Line("name", "", (Constant("available"),)),
        Line("reason", "", (Constant("correction"),)),
    )
)
