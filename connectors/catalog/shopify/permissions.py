"""The access scopes that the app needs in the shop, and for what: no more than that."""

from connectors.spec import Permission, streams_and_actions

_ORDERS = "create_fulfillment create_fulfillment_event write_order_number cancel_order close_order"


def _scope(name: str, why: str, streams: str = "", actions: str = "") -> Permission:
    return Permission(name, why, streams_and_actions(streams=streams, actions=actions), check=name)


PERMISSIONS = (
    _scope("read_orders", "reads orders and refunds", "orders cancelled_orders refunds", _ORDERS),
    _scope(
        "write_orders",
        "shows the ERP's number, cancels and archives orders",
        actions="write_order_number cancel_order close_order",
    ),
    Permission(
        "read_all_orders",
        "reads orders that are older than 60 days",
        streams_and_actions(streams="orders cancelled_orders"),
        check="old_orders",
        optional=True,
    ),
    _scope("read_customers", "reads the customer of an order", "orders cancelled_orders customers"),
    _scope(
        "read_products",
        "reads products, and finds a variant by its SKU",
        "products orders cancelled_orders inventory_levels",
        "set_product set_inventory_quantities",
    ),
    _scope("write_products", "sets products and their variants", actions="set_product"),
    _scope(
        "read_inventory",
        "reads stock by location",
        "products inventory_levels",
        "set_inventory_quantities",
    ),
    _scope("write_inventory", "sets stock", actions="set_inventory_quantities"),
    _scope(
        "read_locations",
        "reads the places that hold stock",
        "locations inventory_levels",
        "set_inventory_quantities create_fulfillment",
    ),
    _scope("write_fulfillments", "tells where a parcel is", actions="create_fulfillment_event"),
    _scope(
        "read_merchant_managed_fulfillment_orders",
        "sees what is to be fulfilled from your own locations",
        actions="create_fulfillment",
    ),
    _scope(
        "write_merchant_managed_fulfillment_orders",
        "fulfils orders from your own locations",
        actions="create_fulfillment",
    ),
    _scope(
        "read_assigned_fulfillment_orders",
        "sees what is to be fulfilled where the app is the fulfilment service",
        actions="create_fulfillment",
    ),
    _scope(
        "write_assigned_fulfillment_orders",
        "fulfils orders where the app is the fulfilment service",
        actions="create_fulfillment",
    ),
)
