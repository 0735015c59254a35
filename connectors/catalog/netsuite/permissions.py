"""What the role of Ekyam needs in NetSuite, and for what: no more than that."""

from connectors.spec import Permission, streams_and_actions

_WRITES_ORDERS = "upsert_sales_order cancel_sales_order fulfil_sales_order"
_READS_ORDERS = "orders approved_orders cancelled_orders"

PERMISSIONS = (
    Permission("Setup > Log in using OAuth 2.0 Access Tokens (or Access Tokens): Full", "logs in"),
    Permission("Setup > REST Web Services: Full", "makes every call", check="login"),
    Permission("Reports > SuiteAnalytics Workbook: Edit", "finds what has changed", check="login"),
    Permission("Transactions > Find Transaction: View", "finds orders and fulfilments"),
    Permission(
        "Transactions > Sales Order: Edit",
        "reads, writes and closes sales orders",
        streams_and_actions(streams=_READS_ORDERS, actions=_WRITES_ORDERS),
        check="permission_salesorder",
    ),
    Permission(
        "Transactions > Item Fulfillment: Create",
        "reads and writes what was shipped",
        streams_and_actions(
            streams=f"fulfilments {_READS_ORDERS}", actions="fulfil_sales_order cancel_sales_order"
        ),
        check="permission_itemfulfillment",
    ),
    Permission(
        "Transactions > Adjust Inventory: Create",
        "books the changes of stock that a warehouse tells",
        streams_and_actions(actions="adjust_inventory"),
        check="permission_inventoryadjustment",
    ),
    Permission(
        "Lists > Customers: Edit",
        "reads and writes shoppers, and finds the customer of an order",
        streams_and_actions(
            streams=f"customers {_READS_ORDERS}", actions="upsert_customer upsert_sales_order"
        ),
        check="permission_customer",
    ),
    Permission(
        "Lists > Items and Locations: View",
        "finds products, SKUs and stock",
        streams_and_actions(
            streams=f"products inventory_levels fulfilments {_READS_ORDERS}",
            actions=f"adjust_inventory {_WRITES_ORDERS}",
        ),
        check="permission_inventoryitem",
    ),
    Permission(
        "Lists > Subsidiaries: View", "names the subsidiary (OneWorld accounts only)", optional=True
    ),
)
