"""The first integration: a shop, an ERP and a warehouse."""

from flows.recipes import Recipe, Step

RECIPE = Recipe(
    name="shopify_netsuite_whiplash",
    label="Shopify, NetSuite and Whiplash",
    about="Orders go from the shop through the ERP to the warehouse; shipments and order numbers"
    " come back.",
    flows=(
        Step("Customers", "shopify", "customers", "netsuite", "upsert_customer"),
        Step("Orders", "shopify", "orders", "netsuite", "upsert_sales_order"),
        Step("Order numbers", "netsuite", "orders", "shopify", "write_order_number"),
        Step("Shipment Sync", "netsuite", "approved_orders", "whiplash", "create_order"),
        Step("Item fulfilments", "whiplash", "shipments", "netsuite", "fulfil_sales_order"),
        Step("Fulfilments", "whiplash", "shipments", "shopify", "create_fulfillment"),
        Step(
            "Cancelled in the shop, ERP",
            "shopify",
            "cancelled_orders",
            "netsuite",
            "cancel_sales_order",
        ),
        Step(
            "Cancelled in the shop, warehouse",
            "shopify",
            "cancelled_orders",
            "whiplash",
            "cancel_order",
        ),
        Step(
            "Cancelled in the ERP, warehouse",
            "netsuite",
            "cancelled_orders",
            "whiplash",
            "cancel_order",
        ),
        Step(
            "Cancelled in the ERP, shop", "netsuite", "cancelled_orders", "shopify", "cancel_order"
        ),
        Step(
            "Cancelled in the warehouse, shop",
            "whiplash",
            "cancelled_orders",
            "shopify",
            "cancel_order",
        ),
        Step("Products", "netsuite", "products", "shopify", "set_product"),
    ),
)
