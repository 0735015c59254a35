"""What the login must be allowed, and the parts of the credential check."""

from connectors.catalog.whiplash import access, subscriptions
from connectors.spec import Check, Permission, streams_and_actions

_AGREE = "Connect again, as a person of Whiplash who may see and change it, and agree there."

PERMISSIONS = (
    Permission(
        access.SCOPE,
        "reads and writes orders, and reads shipments and stock; it is the smallest scope that may"
        " write orders",
        check="access",
    ),
    Permission(
        "Orders",
        "reads what was shipped and cancelled, and writes orders",
        streams_and_actions(
            streams="shipments cancelled_orders cancelled_sales_orders returns",
            actions="create_order cancel_order pause_order release_order",
        ),
        check="orders",
    ),
    Permission(
        "Items",
        "reads stock and its changes",
        streams_and_actions(streams="inventory_levels inventory_totals inventory_adjustments"),
        check="stock",
    ),
)

CHECKS = (
    Check(
        "access",
        "Credentials",
        subscriptions.check_access,
        kind="credentials",
        mend="Connect again. If Whiplash refuses the application itself, compare the client id"
        " and the secret under Integrations, Custom application.",
    ),
    Check(
        "customer",
        "Customer",
        subscriptions.check_customer,
        mend="Choose one of the customers that this login sees, and enter its number.",
    ),
    Check("orders", "Orders", subscriptions.check_actions, kind="permission", mend=_AGREE),
    Check("stock", "Stock", subscriptions.check_stock, kind="permission", mend=_AGREE),
    Check("environment", "Sandbox or live", subscriptions.check_environment, kind="environment"),
    Check("webhooks", "Webhooks", subscriptions.check_webhooks, kind="webhooks"),
)
