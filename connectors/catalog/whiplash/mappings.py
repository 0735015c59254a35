"""The default mappings: Whiplash's records to the standard, and a shipment request to an order."""

from connectors import steps as t
from connectors.catalog.whiplash import records
from connectors.spec import Line, Mapping

OURS = t.call(records.our_reference, takes_none=True)
REASON = t.call(records.adjustment_reason)
WAREHOUSES = t.call(records.warehouse_ids)

RETURN_STATUS = {
    "50": "requested",
    "100": "in_transit",
    "150": "received",
    "200": "received",
    "250": "received",
    "300": "closed",
}

SHIPMENT = Mapping(
    (
        Line("id", "id", (t.ToText(),), required=True),
        Line("label", "humanize_id || order_orig"),
        Line("updated_at", "updated_at", (t.ToTime(),)),
        Line("order_id", "id", (t.ToText(),), required=True),
        Line("order_reference", "originator.original_id", (t.ToText(),)),
        Line("status", "", (t.Constant("shipped"),)),
        Line("shipped_at", "shipped_on || updated_at", (t.ToTime(),)),
        Line("carrier", "shipping_method.carrier"),
        Line("service", "shipping_method.name || ship_method"),
        Line("warehouse", "warehouse_id", (t.ToText(),)),
        Line("lines", "@", (t.call(records.shipped_lines),)),
        Line("parcels", "@", (t.call(records.parcels),)),
    )
)

CANCELLED = Mapping(
    (
        Line("id", "id", (t.ToText(),), required=True),
        Line("reference", "originator.original_id", (t.ToText(),)),
        Line("label", "humanize_id"),
        Line("updated_at", "updated_at", (t.ToTime(),)),
        Line("number", "order_orig || humanize_id", (t.ToText(),), required=True),
        Line("order_id", "id", (t.ToText(),), required=True),
        Line("status", "", (t.Constant("cancelled"),)),
        Line("email", "email"),
        Line(
            "lines",
            "order_items",
            each=(
                Line("id", "id", (t.ToText(),), required=True),
                Line("reference", "originator.original_id || id", (t.ToText(),), required=True),
                Line("sku", "sku"),
                Line("title", "description"),
                Line("quantity", "quantity", (t.ToDecimal(),), required=True),
            ),
        ),
    )
)

# The same as an order: its lines at the prices that Whiplash was told, without tax and shipping.
CANCELLED_ORDER = Mapping(
    (
        Line("id", "id", (t.ToText(),), required=True),
        Line("reference", "originator.original_id", (t.ToText(),)),
        Line("label", "humanize_id"),
        Line("updated_at", "updated_at", (t.ToTime(),)),
        Line("number", "order_orig || humanize_id", (t.ToText(),), required=True),
        Line("status", "", (t.Constant("cancelled"),)),
        Line("cancelled_at", "updated_at", (t.ToTime(),)),
        Line("cancel_reason", "", (t.Constant("cancelled in the warehouse"),)),
        Line("currency", "order_items[0].currency", (t.Default("USD"),)),
        Line("email", "email"),
        Line("total", "@", (t.call(records.goods_total),)),
        Line(
            "lines",
            "order_items",
            each=(
                Line("id", "id", (t.ToText(),), required=True),
                Line("reference", "originator.original_id || id", (t.ToText(),), required=True),
                Line("sku", "sku"),
                Line("title", "description"),
                Line("quantity", "quantity", (t.ToDecimal(),), required=True),
                Line("unit_price", "price", (t.Default("0"), t.ToDecimal())),
            ),
        ),
    )
)

RETURN = Mapping(
    (
        Line("id", "id", (t.ToText(),), required=True),
        Line("label", "reference || originator.original_id", (t.ToText(),)),
        Line("updated_at", "updated_at", (t.ToTime(),)),
        Line("order_id", "order_id", (t.ToText(),), required=True),
        Line("kind", "exchange_order && 'exchange' || 'return'"),
        Line("status", "status", (t.Choose(RETURN_STATUS),), required=True),
        Line("requested_at", "created_at", (t.ToTime(),)),
        Line("received_at", "arrived_at || completed_at", (t.ToTime(),)),
        Line("tracking_number", "tracking"),
        Line("carrier", "carrier"),
        Line("note", "notes_by_whiplash || notes_by_customer"),
        Line("lines", "@", (t.call(records.return_lines),)),
    )
)

LEVEL = Mapping(
    (
        Line("id", "id", (t.ToText(),), required=True),
        Line("updated_at", "updated_at", (t.ToTime(),)),
        Line("sku", "sku", (t.Trim(),), required=True),
        Line("item_id", "item_id", (t.ToText(),), required=True),
        Line("location", "warehouse_id", (t.ToText(),), required=True),
        Line("location_label", "warehouse_name"),
        Line("on_hand", "quantity", (t.ToDecimal(),)),
        Line("available", "sellable_quantity", (t.ToDecimal(),)),
        Line("counted_at", "updated_at", (t.ToTime(),)),
    )
)

TOTAL = Mapping(
    (
        Line("id", "id", (t.ToText(),), required=True),
        Line("updated_at", "updated_at", (t.ToTime(),)),
        Line("sku", "sku", (t.Trim(),), required=True),
        Line("item_id", "id", (t.ToText(),), required=True),
        Line("location", "", (t.Setting("location"),), required=True),
        Line("available", "quantity", (t.ToDecimal(),), required=True),
        Line("counted_at", "updated_at", (t.ToTime(),)),
    )
)

ADJUSTMENT = Mapping(
    (
        Line("id", "id", (t.ToText(),), required=True),
        Line("updated_at", "updated_at || created_at", (t.ToTime(),)),
        Line("location", "warehouse_id", (t.Setting("location"), t.ToText()), required=True),
        Line("reason", "@", (REASON,)),
        Line("adjusted_at", "created_at", (t.ToTime(),), required=True),
        Line("note", "description"),
        Line(
            "lines",
            "[@]",
            each=(
                Line("sku", "sku", (t.Trim(),), required=True),
                Line("quantity", "change", (t.ToDecimal(),), required=True),
            ),
        ),
    )
)

ORDER = Mapping(
    (
        Line("order_orig", "number", required=True),
        Line("order_type", "", (t.Setting("order_type"), t.Default("direct_to_consumer"))),
        Line("email", "email"),
        Line("shop_created_at", "placed_at"),
        Line(
            "shop_shipping_method_text", "shipping_method", (t.Setting("default_shipping_method"),)
        ),
        Line("shop_warehouse_ids", "warehouse", (WAREHOUSES,)),
        Line("ship_notes", "note"),
        Line("shipping_name", "shipping_address", (t.call(records.full_name),), required=True),
        Line("shipping_company", "shipping_address.company"),
        Line("shipping_address_1", "shipping_address.line1", required=True),
        Line("shipping_address_2", "shipping_address.line2"),
        Line("shipping_city", "shipping_address.city", required=True),
        Line("shipping_state", "shipping_address.region"),
        Line("shipping_zip", "shipping_address.postal_code"),
        Line("shipping_country", "shipping_address.country", required=True),
        Line("shipping_phone", "shipping_address.phone"),
        Line("billing_name", "billing_address", (t.call(records.full_name),)),
        Line("billing_company", "billing_address.company"),
        Line("billing_address_1", "billing_address.line1"),
        Line("billing_address_2", "billing_address.line2"),
        Line("billing_city", "billing_address.city"),
        Line("billing_state", "billing_address.region"),
        Line("billing_zip", "billing_address.postal_code"),
        Line("billing_country", "billing_address.country"),
        Line("billing_phone", "billing_address.phone"),
        Line("originator_attributes.original_id", "", (OURS,), required=True),
        Line("originator_attributes.group_id", "order_id"),
        Line("order_items_attributes", "lines", (t.call(records.items_to_send),)),
    )
)


def call_body(action: str) -> Mapping:
    """The body of PUT /orders/{id}/call/{action}."""
    return Mapping((Line("action", "", (t.Constant(action),)), Line("args", "", (t.Constant({}),))))
