"""Oracle NetSuite: sales orders, customers, fulfilments, items and stock."""

from collections.abc import Mapping
from typing import Any

from connectors.catalog.netsuite import mappings, plans, reads
from connectors.catalog.netsuite.answers import classify
from connectors.catalog.netsuite.bodies import total_of
from connectors.catalog.netsuite.checks import CHECKS
from connectors.catalog.netsuite.login import OAUTH2, TBA
from connectors.catalog.netsuite.permissions import PERMISSIONS
from connectors.spec import Action, Connector, Feed, Field, Limits, Stream

_WAYS = "Lists > Accounting > Items; the number in the column Internal ID."


def account(settings: Mapping[str, Any]) -> str:
    """The account as its host names it: 1234567_SB1 is 1234567-sb1."""
    return str(settings["account_id"]).strip().lower().replace("_", "-")


def base_url(settings: Mapping[str, Any]) -> str:
    return f"https://{account(settings)}.suitetalk.api.netsuite.com"


def _id_field(name: str, label: str, help: str) -> Field:
    return Field(name, label, help=help, required=False, pattern=r"\d*")


SETTINGS = (
    Field(
        "account_id",
        "Account id",
        help="Setup > Company > Company Information: 1234567, or 1234567_SB1 for a sandbox.",
        pattern=r"[A-Za-z0-9]{1,40}([_-][A-Za-z0-9]{1,20})?",
    ),
    Field(
        "account_time_zone",
        "Account's time zone",
        help="Setup > Company > Company Information, such as America/New_York. The check compares.",
        default="UTC",
        pattern=r"[A-Za-z0-9_+/-]+",
    ),
    Field("currency", "Currency", help="Of orders and prices.", default="USD", pattern="[A-Z]{3}"),
    _id_field("subsidiary_id", "Subsidiary", "Setup > Company > Subsidiaries (OneWorld only)."),
    _id_field("location_id", "Location that ships", "Setup > Company > Locations."),
    _id_field("guest_customer_id", "Customer for guests", "Lists > Relationships > Customers."),
    _id_field("tax_item_id", "Item for tax", _WAYS),
    _id_field("discount_item_id", "Item for discounts", _WAYS),
    _id_field("charge_item_id", "Item for tips, duties, fees and rounding", _WAYS),
    _id_field("ship_method_id", "Shipping item", "Lists > Accounting > Shipping Items."),
    _id_field(
        "adjustment_account_id", "Account for stock changes", "Lists > Accounting > Accounts."
    ),
    Field(
        "adjustment_reason_field",
        "Field for the reason of a stock change",
        help="A custom field of the transaction (custbody...) or of its lines (custcol...).",
        required=False,
        pattern=r"((custbody|custcol)[a-z0-9_]*)?",
    ),
    _id_field(
        "price_level_id", "Price level", "Of the prices that the shop gets; 1 is Base Price."
    ),
    Field(
        "new_order_status",
        "New orders are",
        default="A",
        choices=(("A", "Pending approval"), ("B", "Pending fulfilment (approved)")),
    ),
    Field(
        "line_id_field",
        "Line column",
        help="The custom transaction column that keeps the name of an order line.",
        default="custcol_ekyam_line_id",
        pattern="[a-z0-9_]+",
    ),
    Field(
        "option_fields",
        "Columns of variant options",
        help="Such as custitem_size=Size, custitem_color=Color.",
        required=False,
        pattern=r"([a-z0-9_]+=[^,=]+(, *[a-z0-9_]+=[^,=]+)*)?",
    ),
    Field(
        "weight_unit",
        "Weight unit of packages",
        default="lb",
        choices=(("lb", "lb"), ("oz", "oz"), ("kg", "kg"), ("g", "g")),
    ),
)

FEEDS = (
    Feed("orders", "id", "version", poll=reads.poll_orders, poll_seconds=60),
    Feed("items", "id", "version", poll=reads.poll_items, poll_seconds=900, lane=4),
    Feed(
        "stock",
        "id",
        "version",
        poll=reads.poll_stock,
        poll_seconds=300,
        whole=reads.all_stock,
        lane=3,
    ),
    Feed("fulfilments", "id", "version", poll=reads.poll_fulfilments, poll_seconds=120),
    Feed("customers", "id", "version", poll=reads.poll_customers, poll_seconds=900),
)

STREAMS = (
    Stream("orders", "Sales orders", "order", {"orders": "@"}, mappings.ORDER_READER, "tranId"),
    Stream(
        "approved_orders",
        "Approved sales orders",
        "shipment_request",
        {"orders": "@"},
        mappings.REQUEST_READER,
        when="""contains(`["B", "D", "E"]`, statusCode) && hasOpenGoods""",
    ),
    Stream(
        "cancelled_orders",
        "Cancelled sales orders",
        "order",
        {"orders": "@"},
        mappings.CANCELLED_READER,
        when="statusCode == 'C' || (statusCode == 'H' && !hasShipped)",
    ),
    Stream("products", "Products", "product", {"items": "@"}, mappings.PRODUCT_READER),
    Stream(
        "inventory_levels", "Stock levels", "inventory_level", {"stock": "@"}, mappings.LEVEL_READER
    ),
    Stream(
        "fulfilments",
        "Item fulfilments",
        "shipment",
        {"fulfilments": "@"},
        mappings.FULFILMENT_READER,
        when="shipStatus.id == 'C' || shipStatus == 'C'",
    ),
    Stream("customers", "Customers", "customer", {"customers": "@"}, mappings.CUSTOMER_READER),
)

ACTIONS = (
    Action(
        "upsert_customer",
        "Create or update a customer",
        "customer",
        mappings.CUSTOMER_WRITER,
        plans.upsert_customer,
        repeatable=True,
        latest_wins=True,
    ),
    Action(
        "upsert_sales_order",
        "Create or update a sales order",
        "order",
        mappings.ORDER_WRITER,
        plans.upsert_sales_order,
        repeatable=True,
        latest_wins=True,
        total=total_of,
    ),
    Action(
        "cancel_sales_order",
        "Close a sales order",
        "order",
        mappings.CANCEL_WRITER,
        plans.cancel_sales_order,
        repeatable=True,
        links=False,
    ),
    Action(
        "fulfil_sales_order",
        "Fulfil a sales order",
        "shipment",
        mappings.FULFILMENT_WRITER,
        plans.fulfil_sales_order,
        find=plans.find_fulfilment,
        lane=2,
    ),
    Action(
        "adjust_inventory",
        "Adjust stock",
        "inventory_adjustment",
        mappings.ADJUSTMENT_WRITER,
        plans.adjust_inventory,
        find=plans.find_adjustment,
        lane=3,
    ),
)

SYNONYMS = {
    "addrphone": "phone",
    "entity": "customer",
    "itemname": "sku",
    "lineuniquekey": "line id",
    "memo": "note",
    "otherrefnum": "purchase order number",
    "rate": "unit price",
    "refname": "name",
    "tranid": "document number",
}

CONNECTOR = Connector(
    slug="netsuite",
    label="NetSuite",
    category="ERP",
    base_url=base_url,
    account=account,
    auth=(OAUTH2, TBA),
    settings=SETTINGS,
    feeds=FEEDS,
    streams=STREAMS,
    actions=ACTIONS,
    finders={"variant": plans.find_variant},
    checks=CHECKS,
    limits=Limits(per_second=0.0, concurrency=5),
    classify=classify,
    headers={"Accept": "application/json"},
    synonyms=SYNONYMS,
    about="The books: sales orders, customers, items and what is in stock.",
    permissions=PERMISSIONS,
)
