"""Whiplash: orders to the warehouse, shipments, cancellations, returns and stock back."""

from typing import Any

import msgspec

from connectors.auth import Token
from connectors.catalog.whiplash import (
    access,
    checks,
    mappings,
    plans,
    polls,
    records,
    statuses,
    subscriptions,
)
from connectors.signatures import hmac_sha256
from connectors.spec import Action, Connector, Feed, Field, Limits, Stream, Webhooks

_KEYS = (
    Field("client_id", "Client ID", "Whiplash, Integrations, Custom application: its client id."),
    Field(
        "client_secret",
        "Client secret",
        "Beside the client id. It also signs the webhooks.",
        secret=True,
    ),
)

_SETTINGS = (
    Field(
        "account",
        "Short name of the account",
        "Your own word for it, such as acme-retail. It becomes part of our references: do not"
        " change it later.",
        pattern=r"[A-Za-z0-9_-]{1,40}",
    ),
    Field(
        "host",
        "Host",
        "Where the account lives.",
        default=access.PRODUCTION,
        choices=(
            (access.PRODUCTION, "Production"),
            ("https://sandbox.getwhiplash.com", "Sandbox (getwhiplash.com)"),
            ("https://sandbox.whiplash.app", "Sandbox (whiplash.app)"),
        ),
    ),
    Field(
        "customer_id",
        "Customer id",
        "A number; needed only when the login sees several customers.",
        required=False,
        pattern=r"\d*",
    ),
    Field("shop_id", "Shop id", "A number; optional.", required=False, pattern=r"\d*"),
    Field(
        "default_shipping_method",
        "Shipping method where the order names none",
        "The text that your Whiplash shipping rules know, such as Ground.",
        required=False,
    ),
    Field(
        "order_type",
        "Order type",
        required=False,
        default="direct_to_consumer",
        choices=(
            ("direct_to_consumer", "Direct to consumer"),
            ("dropship", "Dropship"),
            ("retail", "Retail"),
            ("wholesale", "Wholesale"),
        ),
    ),
    Field(
        "location",
        "Location of stock that names no warehouse",
        "Stock totals and the stock ledger do not name one: with a single warehouse, its id.",
        required=False,
    ),
    Field(
        "damaged_words",
        "Words that mean damaged",
        "Comma-separated; looked for in the description of a stock change.",
        required=False,
        default="damage,broken,defect",
    ),
    Field(
        "count_words",
        "Words that mean a cycle count",
        "Comma-separated.",
        required=False,
        default="cycle,count,audit",
    ),
    Field(
        "items_per_page",
        "Items on a page of a full read",
        "What Whiplash allows at most is not documented; a smaller page is always accepted.",
        required=False,
        default="50",
        pattern=r"[1-9]\d{0,2}",
    ),
    Field(
        "webhook_type",
        "Type of a webhook subscription",
        "Change it only if Whiplash refuses to register webhooks.",
        required=False,
        default="webhook",
    ),
)

# These say that an item's stock moved, but not how much of it is where.
_STOCK_TOPICS = ("item.inventory_changed", "item.inventory_adjusted", "item.inventory_received")
_HINTS = dict.fromkeys(_STOCK_TOPICS, "item.id")

_OURS = "originator.original_id && "
_SHIPPED = " || ".join(f"status == `{status}`" for status in statuses.SHIPPED)


def _topic(headers: Any, body: bytes) -> str:
    return _text_of(body, "event_name")


def _sent_at(headers: Any, body: bytes) -> str:
    """When the record last changed: Whiplash does not say when it knocked."""
    for name in ("order", "item", "consumer_return"):
        found = _text_of(body, name, "updated_at")
        if found:
            return found
    return ""


def _text_of(body: bytes, *path: str) -> str:
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return ""
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""


SYNONYMS = {
    "humanize_id": "display number",
    "order_orig": "order number",
    "original_id": "external reference",
}

CONNECTOR = Connector(
    slug="whiplash",
    label="Whiplash",
    category="warehouse",
    base_url=access.base_url,
    account=lambda settings: str(settings["account"]),
    headers={"Accept": "application/json", "Accept-Version": "v2"},
    auth=(
        Token(
            name="oauth",
            label="Connect with Whiplash",
            fields=_KEYS,
            request=access.refresh,
            authorize=access.authorize,
            exchange=access.exchange_code,
        ),
        Token(
            name="client_credentials",
            label="Application credentials, if Whiplash granted app scopes",
            fields=_KEYS,
            request=access.client_credentials,
        ),
    ),
    settings=_SETTINGS,
    feeds=(
        Feed(
            "orders",
            record_id="id",
            version="updated_at",
            topics=(
                "order.created",
                "order.batched",
                "order.shipped",
                "order.delivered",
                "order.cancelled",
                "order.attention",
                "order.dropship.packed",
            ),
            records="order",
            poll=polls.poll_orders,
        ),
        Feed(
            "items",
            record_id="id",
            version="updated_at",
            topics=_STOCK_TOPICS,
            records="item",
            poll=polls.poll_items,
            lane=3,
        ),
        Feed(
            "stock",
            record_id="id",
            version="updated_at",
            poll=polls.poll_stock,
            whole=polls.all_stock,
            hints=_HINTS,
            fetch=polls.fetch_stock,
            lane=3,
        ),
        Feed(
            "transactions",
            record_id="id",
            version="updated_at || created_at",
            poll=polls.poll_transactions,
            hints=_HINTS,
            fetch=polls.fetch_transactions,
            lane=3,
        ),
        Feed(
            "consumer_returns",
            record_id="id",
            version="updated_at",
            topics=(
                "consumer_return.created",
                "consumer_return.status_changed",
                "consumer_return.completed",
            ),
            records="consumer_return",
            poll=polls.poll_returns,
        ),
    ),
    streams=(
        Stream(
            "shipments",
            "Shipments",
            resource="shipment",
            sources={"orders": "@"},
            when=f"{_OURS}({_SHIPPED})",
            reader=mappings.SHIPMENT,
        ),
        Stream(
            "cancelled_orders",
            "Orders cancelled in the warehouse",
            resource="shipment_request",
            sources={"orders": "@"},
            when=f"{_OURS}status == `{statuses.CANCELLED}`",
            reader=mappings.CANCELLED,
        ),
        Stream(
            "cancelled_sales_orders",
            "Orders cancelled in the warehouse, to cancel in the shop or the ERP",
            resource="order",
            sources={"orders": "@"},
            when=f"{_OURS}status == `{statuses.CANCELLED}`",
            reader=mappings.CANCELLED_ORDER,
        ),
        Stream(
            "returns",
            "Returns",
            resource="return",
            sources={"consumer_returns": "@"},
            when="order_id && status != `25`",
            reader=mappings.RETURN,
        ),
        Stream(
            "inventory_levels",
            "Stock per warehouse",
            resource="inventory_level",
            sources={"stock": "@"},
            reader=mappings.LEVEL,
        ),
        Stream(
            "inventory_totals",
            "Stock of all warehouses together",
            resource="inventory_level",
            sources={"items": "@"},
            reader=mappings.TOTAL,
        ),
        Stream(
            "inventory_adjustments",
            "Stock adjustments",
            resource="inventory_adjustment",
            sources={"transactions": "@"},
            # Shipments and inbound goods are told by their own records; a return tells no stock.
            when="(is_return || !order_id && !shipnotice_id) && change != `0`",
            reader=mappings.ADJUSTMENT,
        ),
    ),
    actions=(
        Action(
            "create_order",
            "Create the order",
            resource="shipment_request",
            writer=mappings.ORDER,
            plan=plans.create_order,
            find=plans.find_created,
            gist=records.gist_of_request,
        ),
        Action(
            "cancel_order",
            "Cancel the order",
            resource="order",
            writer=mappings.call_body("cancel"),
            plan=plans.cancel_order,
            find=plans.find_cancelled,
            links=False,
        ),
        Action(
            "pause_order",
            "Pause the order",
            resource="order",
            writer=mappings.call_body("pause"),
            plan=plans.pause_order,
            find=plans.find_paused,
            links=False,
        ),
        Action(
            "release_order",
            "Release the paused order",
            resource="order",
            writer=mappings.call_body("release"),
            plan=plans.release_order,
            find=plans.find_released,
            links=False,
        ),
    ),
    finders={"order": plans.find_order, "shipment_request": plans.find_order},
    webhooks=Webhooks(
        verify=hmac_sha256("X-WHIPLASH-SIGNATURE", "client_secret", "hex"),
        topic=_topic,
        sent_at=_sent_at,
        register=subscriptions.register,
        other_topics=(
            "item.created",
            "item.low_inventory",
            "item.out_of_stock",
            "consumer_return.deleted",
            "consumer_return.unexpected",
        ),
    ),
    checks=checks.CHECKS,
    # 10 requests a second per customer account is the vendor's word.
    limits=Limits(per_second=10, burst=10, concurrency=4),
    classify=access.classify,
    synonyms=SYNONYMS,
    about="The warehouse: it ships what it is sent, and tells shipments, returns and stock.",
    permissions=checks.PERMISSIONS,
)
