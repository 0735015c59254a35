"""Shopify: what it is, how one connects, what can be read and what can be written."""

import re
from collections.abc import Mapping
from typing import Any

from connectors.catalog.shopify import (
    checks,
    fulfilment,
    hooks,
    login,
    orders,
    permissions,
    polling,
    products,
    readers,
    stock,
    writers,
)
from connectors.catalog.shopify.calls import DEFAULT_VERSION, classify, meter
from connectors.spec import Action, Connector, Feed, Field, Limits, Stream

_YES_NO = (("no", "No"), ("yes", "Yes"))


def _base_url(settings: Mapping[str, Any]) -> str:
    return f"https://{settings['shop']}.myshopify.com"


def _account(settings: Mapping[str, Any]) -> str:
    """Names of hosts are the same in any case: Acme-Shop is acme-shop."""
    return re.sub(r"[^a-z0-9_-]", "-", str(settings["shop"]).lower())


SETTINGS = (
    Field(
        "shop",
        "Shop",
        help="The first part of the shop's address: acme-shop for acme-shop.myshopify.com. The"
        " whole address does as well.",
        pattern=r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}",
        strip=r"(?i)^https?://(admin\.shopify\.com/store/)?|\.myshopify\.com\b.*$|/.*$",
    ),
    Field(
        "api_version",
        "API version",
        help="Shopify supports each version for a year.",
        default=DEFAULT_VERSION,
        pattern=r"20\d\d-(01|04|07|10)",
    ),
    Field(
        "location_id",
        "Location for stock",
        help="The number at the end of Settings > Locations > the location's address: where stock"
        " of warehouses is offered that are not mapped to another one.",
        required=False,
        pattern=r"\d*",
    ),
    Field(
        "notify_customer",
        "Mail the shopper",
        help="Whether Shopify mails the shopper when we fulfil or cancel an order.",
        default="no",
        choices=_YES_NO,
    ),
    Field(
        "order_number_place",
        "Where the ERP's order number goes",
        default="tag",
        choices=(
            ("tag", "A tag such as ERP SO1042"),
            ("metafield", "The metafield ekyam.erp_order"),
        ),
    ),
    Field(
        "refund_on_cancel",
        "Refund when an order is cancelled from outside",
        default="no",
        choices=_YES_NO,
    ),
    Field(
        "restock_on_cancel",
        "Restock when an order is cancelled from outside",
        default="yes",
        choices=_YES_NO,
    ),
)

FEEDS = (
    Feed(
        "orders",
        record_id="id",
        version="updated_at",
        topics=(
            "orders/create",
            "orders/updated",
            "orders/paid",
            "orders/cancelled",
            "orders/fulfilled",
            "orders/partially_fulfilled",
        ),
        poll=polling.poll_orders,
    ),
    Feed(
        "customers",
        record_id="id",
        version="updated_at",
        topics=("customers/create", "customers/update"),
        poll=polling.poll_customers,
        poll_seconds=900,
    ),
    Feed(
        "products",
        record_id="id",
        version="updated_at",
        topics=("products/create", "products/update"),
        poll=polling.poll_products,
        poll_seconds=900,
        lane=4,
    ),
    Feed("refunds", record_id="id", version="created_at", topics=("refunds/create",)),
    Feed(
        "inventory_levels",
        record_id=readers.LEVEL_ID,
        version="updated_at",
        topics=("inventory_levels/update",),
        poll=polling.poll_inventory_levels,
        poll_seconds=21600,
        whole=polling.whole_inventory_levels,
        fetch=polling.fetch_inventory_levels,
        lane=3,
    ),
    Feed(
        "locations",
        record_id="id",
        version="updated_at",
        topics=(
            "locations/create",
            "locations/update",
            "locations/activate",
            "locations/deactivate",
            "locations/delete",
        ),
        poll=polling.poll_locations,
        poll_seconds=86400,
        whole=polling.poll_locations,
        lane=4,
    ),
)

STREAMS = (
    Stream(
        "orders",
        "Orders",
        "order",
        sources={"orders": "@"},
        when="!cancelled_at",
        reader=readers.ORDER,
    ),
    Stream(
        "cancelled_orders",
        "Cancelled orders",
        "order",
        sources={"orders": "@"},
        when="cancelled_at",
        reader=readers.ORDER,
    ),
    Stream(
        "customers",
        "Customers",
        "customer",
        sources={"customers": "@", "orders": "customer"},
        when="id",
        reader=readers.CUSTOMER,
    ),
    Stream("products", "Products", "product", sources={"products": "@"}, reader=readers.PRODUCT),
    Stream("refunds", "Refunds", "refund", sources={"refunds": "@"}, reader=readers.REFUND),
    Stream(
        "inventory_levels",
        "Stock levels",
        "inventory_level",
        sources={"inventory_levels": "@"},
        reader=readers.INVENTORY_LEVEL,
    ),
    Stream(
        "locations", "Locations", "location", sources={"locations": "@"}, reader=readers.LOCATION
    ),
)

ACTIONS = (
    Action(
        "create_fulfillment",
        "Fulfil an order",
        "shipment",
        writer=writers.FULFILLMENT,
        plan=fulfilment.create_fulfillment,
        find=fulfilment.find_fulfillment,
        latest_wins=True,  # new tracking of what is fulfilled already replaces the old
        lane=2,
    ),
    Action(
        "create_fulfillment_event",
        "Tell where a parcel is",
        "shipment_status",
        writer=writers.FULFILLMENT_EVENT,
        plan=fulfilment.create_event,
        find=fulfilment.find_event,
        links=False,
        lane=2,
    ),
    Action(
        "write_order_number",
        "Show the ERP's order number",
        "order",
        writer=writers.ORDER_NUMBER,
        plan=orders.write_order_number,
        repeatable=True,
        latest_wins=True,
    ),
    Action(
        "cancel_order",
        "Cancel an order",
        "order",
        writer=writers.CANCELLATION,
        plan=orders.cancel_order,
        find=orders.find_cancelled,
        links=False,
    ),
    Action(
        "close_order",
        "Archive an order",
        "order",
        writer=writers.CLOSING,
        plan=orders.close_order,
        repeatable=True,
        links=False,
    ),
    Action(
        "set_product",
        "Set a product and its variants",
        "product",
        writer=writers.PRODUCT,
        plan=products.set_product,
        repeatable=True,
        latest_wins=True,
        lane=4,
    ),
    Action(
        "set_inventory_quantities",
        "Set stock",
        "inventory_level",
        writer=writers.INVENTORY,
        plan=stock.set_quantities,
        plan_many=stock.set_many,
        most=stock.MOST,
        repeatable=True,
        latest_wins=True,
        links=False,
        lane=3,
    ),
)

SYNONYMS = {
    "body_html": "description",
    "financial_status": "payment status",
    "gift_card": "is gift card",
    "price_set": "price",
}

CONNECTOR = Connector(
    slug="shopify",
    label="Shopify",
    category="shop",
    base_url=_base_url,
    account=_account,
    auth=login.METHODS,
    settings=SETTINGS,
    feeds=FEEDS,
    streams=STREAMS,
    actions=ACTIONS,
    finders={"order": orders.find_by_reference, "variant": products.find_variant},
    webhooks=hooks.WEBHOOKS,
    checks=checks.CHECKS,
    limits=Limits(per_second=100.0, burst=2000.0, concurrency=8),
    classify=classify,
    meter=meter,
    headers={"User-Agent": "Ekyam"},
    synonyms=SYNONYMS,
    about="The shop: orders, products, customers and the stock that is offered.",
    permissions=permissions.PERMISSIONS,
)
