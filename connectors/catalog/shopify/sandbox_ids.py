"""Ids and times, as Shopify gives them."""

import re

from connectors.catalog.shopify.sandbox_money import Doc
from connectors.sandbox.world import World

KINDS = (
    "Order", "LineItem", "ShippingLine", "Customer", "Fulfillment", "FulfillmentOrder",
    "FulfillmentOrderLineItem", "FulfillmentLineItem", "FulfillmentEvent", "FulfillmentHold",
    "Refund", "Transaction", "Product", "ProductVariant", "InventoryItem", "Location",
    "WebhookSubscription", "Job", "Metafield", "InventoryAdjustmentGroup",
)  # fmt: skip


def first_id(kind: str) -> int:
    """64 bits, above what a float holds exactly; its first digits tell the kind."""
    return 9_100_000_000_000_001 + KINDS.index(kind) * 100_000_000_000_000


def new_id(world: World, kind: str) -> int:
    return world.next_id(kind, first_id(kind))


def now(world: World) -> str:
    return world.now().strftime("%Y-%m-%dT%H:%M:%SZ")


def touch(world: World, doc: Doc) -> None:
    """Shopify's times have whole seconds, and never go back."""
    doc["updated_at"] = max(now(world), doc["updated_at"])


def number_in(gid: str) -> int:
    digits = re.search(r"/(\d+)(\?|$)", str(gid))
    return int(digits.group(1)) if digits else -1
