"""The first integration: a shop, an ERP and a warehouse."""

from flows.recipes import Recipe, Step

SHOP, ERP, WAREHOUSE = "shopify", "netsuite", "whiplash"

RECIPE = Recipe(
    name="shopify_netsuite_whiplash",
    label="Shopify, NetSuite and Whiplash",
    about="Orders go from the shop through the ERP to the warehouse; shipments, order numbers and"
    " stock come back.",
    flows=(
        Step("Products", ERP, "products", SHOP, "set_product"),
        Step("Customers", SHOP, "customers", ERP, "upsert_customer"),
        Step("Orders", SHOP, "orders", ERP, "upsert_sales_order"),
        Step("Order numbers", ERP, "orders", SHOP, "write_order_number"),
        Step("Shipment Sync", ERP, "approved_orders", WAREHOUSE, "create_order"),
        Step("Item fulfilments", WAREHOUSE, "shipments", ERP, "fulfil_sales_order"),
        Step("Fulfilments", WAREHOUSE, "shipments", SHOP, "create_fulfillment"),
        Step("Inventory Sync", WAREHOUSE, "inventory_levels", SHOP, "set_inventory_quantities"),
        Step("Stock adjustments", WAREHOUSE, "inventory_adjustments", ERP, "adjust_inventory"),
        # Of one place, one system says how much there is: this is for those who have it in the ERP.
        Step(
            "Inventory Sync from the ERP",
            ERP,
            "inventory_levels",
            SHOP,
            "set_inventory_quantities",
            is_advised=False,
        ),
        Step("Shop cancels in ERP", SHOP, "cancelled_orders", ERP, "cancel_sales_order"),
        Step("Shop cancels in warehouse", SHOP, "cancelled_orders", WAREHOUSE, "cancel_order"),
        Step("ERP cancels in warehouse", ERP, "cancelled_orders", WAREHOUSE, "cancel_order"),
        Step("ERP cancels in shop", ERP, "cancelled_orders", SHOP, "cancel_order"),
        # A warehouse that splits orders may cancel a part, and does not tell it from the whole.
        Step(
            "Warehouse cancels in ERP",
            WAREHOUSE,
            "cancelled_sales_orders",
            ERP,
            "cancel_sales_order",
            is_advised=False,
        ),
        Step(
            "Warehouse cancels in shop",
            WAREHOUSE,
            "cancelled_sales_orders",
            SHOP,
            "cancel_order",
            is_advised=False,
        ),
    ),
)
