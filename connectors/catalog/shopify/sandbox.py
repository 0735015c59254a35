"""A shop at Shopify: its Admin GraphQL API, its webhooks, and what people do in its admin.

Settings (control `set`), where Shopify's own behaviour is not known for sure or is a choice:
rate_limit (True), bucket (2000), restore (100), throttle_status (200; some saw 429),
webhook_escape_slashes (True), allow_http_webhooks (True), access_token_seconds (3600),
inactive_location ("INVALID_LOCATION"), idempotency_concurrent (0), nodes_cost ("each" or "once"),
refund_unused (True: what a query did not find is not paid),
strict_rotation (False), client_credentials_error (""), scopes (all), protected_data (True),
tip_line (False: a tip is a total only), rounding_in_total (True), job_done (False),
development_store (True), connect_with ("client_credentials", "oauth" or "access_token"),
compliance_address (where compliance topics go; else where any webhook goes), uninstalled (False),
static_token_revoked (False), client_secret (the app's secret; change it to rotate it).
"""

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.catalog.shopify import sandbox_bulk as bulk
from connectors.catalog.shopify import sandbox_catalog as catalog
from connectors.catalog.shopify import sandbox_engine as engine
from connectors.catalog.shopify import sandbox_fulfilment, sandbox_mutations, sandbox_queries
from connectors.catalog.shopify import sandbox_orders as orders
from connectors.catalog.shopify import sandbox_payloads as payloads
from connectors.catalog.shopify import sandbox_stock as stock
from connectors.catalog.shopify.sandbox_ledger import ledger
from connectors.catalog.shopify.sandbox_login import Login, app_of, issue, scopes_of, token_refusal
from connectors.catalog.shopify.sandbox_money import Doc
from connectors.catalog.shopify.sandbox_once import age_keys
from connectors.catalog.shopify.sandbox_refunds import refund_order
from connectors.catalog.shopify.sandbox_roots import ROOTS
from connectors.sandbox.kit import Call, Reply, Subscription, control, route
from connectors.sandbox.world import World

SERVED = (sandbox_queries, sandbox_mutations, sandbox_fulfilment)  # they fill ROOTS
COMPLIANCE = ("customers/data_request", "customers/redact", "shop/redact")


class Shopify(Login):
    slug = "shopify"

    def seed(self, world: World) -> None:
        catalog.seed(world)

    @route("POST", r"/admin/api/{version}/graphql.json")
    def graphql(self, world: World, call: Call, version: str) -> Reply:
        refused = token_refusal(world, call)
        if refused is not None:
            return refused
        served = (
            version
            if version in sandbox_queries.VERSIONS or version == "unstable"
            else sandbox_queries.VERSIONS[1]
        )
        scopes = frozenset(scopes_of(world))
        reply = engine.answer(world, call, scopes, served, ROOTS)
        headers = {"X-Shopify-API-Version": served, "X-Request-Id": str(uuid.uuid4())}
        return Reply(reply.status, reply.json, {**reply.headers, **headers})

    # --- Webhooks ---------------------------------------------------------------------------

    def subscriptions(self, world: World, topic: str) -> list[Subscription]:
        if world.setting("uninstalled", False) and topic not in ("app/uninstalled", *COMPLIANCE):
            return []
        if topic in COMPLIANCE:
            return self._compliance(world, topic, app_of(world)["client_secret"])
        listening = world.table("subscriptions").where(topic=topic)
        secret = app_of(world)["client_secret"] if listening else ""
        return [Subscription(str(one["id"]), topic, one["uri"], secret) for one in listening]

    def _compliance(self, world: World, topic: str, secret: str) -> list[Subscription]:
        """These addresses stand in the app's configuration, not in the shop."""
        known = [one["uri"] for one in world.table("subscriptions")]
        address = world.setting("compliance_address", known[0] if known else "")
        return [Subscription("app", topic, address, secret)] if address else []

    def webhook(
        self, world: World, subscription: Subscription, payload: Any, more: Mapping[str, Any]
    ) -> tuple[bytes, dict[str, str]]:
        text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
        for letter in "&<>":
            text = text.replace(letter, f"\\u{ord(letter):04x}")
        if world.setting("webhook_escape_slashes", True):
            text = text.replace("/", "\\/")
        body = text.encode()
        digest = hmac.new(subscription.secret.encode(), body, hashlib.sha256).digest()
        event = more.get("event") or world.next_id("event")
        return body, {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            "X-Shopify-Topic": subscription.topic,
            "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
            "X-Shopify-Shop-Domain": f"{world.account}.myshopify.com",
            "X-Shopify-API-Version": "2026-07",
            "X-Shopify-Webhook-Id": str(uuid.uuid4()),
            "X-Shopify-Event-Id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{world.account}/{event}")),
            "X-Shopify-Triggered-At": datetime.now(UTC)
            .isoformat(timespec="microseconds")
            .replace("+00:00", "000Z"),
        }

    # --- Views of the control door ------------------------------------------------------------

    def connection(self, world: World) -> dict[str, Any]:
        """A token of client credentials is asked for when it is first needed."""
        method = world.setting("connect_with", "client_credentials")
        app = app_of(world)
        credentials: dict[str, Any] = {name: app[name] for name in ("client_id", "client_secret")}
        if method == "access_token":
            credentials = {name: app[name] for name in ("access_token", "client_secret")}
        elif method == "oauth":
            seconds = int(world.setting("access_token_seconds", 3600))
            given = issue(world, seconds=seconds, with_refresh=True)
            ends = datetime.fromtimestamp(world.clock() + seconds, UTC).isoformat()
            credentials |= {
                "access_token": given["access_token"],
                "refresh_token": given["refresh_token"],
                "expires_at": ends,
            }
        settings = {"shop": world.account, "location_id": str(stock.main_location(world)["id"])}
        return {"auth": method, "settings": settings, "credentials": credentials}

    def ledger(self, world: World) -> list[dict[str, Any]]:
        return ledger(world)

    # --- What people do in the admin -----------------------------------------------------------

    @control("place_order")
    def place_order(self, world: World, arguments: Doc) -> Doc:
        """{"lines": [{"sku", "quantity", "price", "discount", "title", "gift_card", "duty"}],
        "customer": {} | "guest" | id, "email", "address", "shipping_address", "shipping",
        "shipping_method", "tax_rate", "taxes_included", "discount_code": {"code", "amount" |
        "percentage"}, "tip", "rounding", "gateway": card | cod | mix | bank | authorized, "hold",
        "test", "tags", "note"}"""
        return orders.place_order(world, arguments)

    @control("edit_order")
    def edit_order(self, world: World, arguments: Doc) -> Doc:
        orders.edit_order(world, _order(world, arguments), arguments)
        return {}

    @control("pay_order")
    def pay_order(self, world: World, arguments: Doc) -> Doc:
        orders.pay_order(world, _order(world, arguments))
        return {}

    @control("cancel_order")
    def cancel_order(self, world: World, arguments: Doc) -> Doc:
        order = _order(world, arguments)
        if order["cancelled_at"] or order["fulfillments"]:
            return {"error": "The order is cancelled or fulfilled already."}
        reason = str(arguments.get("reason", "CUSTOMER")).upper()
        orders.cancel(
            world, order, reason, restock=True, refund=bool(arguments.get("refund", True))
        )
        return {}

    @control("refund_order")
    def refund_order(self, world: World, arguments: Doc) -> Doc:
        return refund_order(world, _order(world, arguments), arguments)

    @control("release_hold")
    def release_hold(self, world: World, arguments: Doc) -> Doc:
        order = _order(world, arguments)
        for found in orders.fulfillment_orders(world, order):
            if found["status"] == "ON_HOLD":
                found.update(status="OPEN", holds=[])
                world.table("fulfillment_orders").put(found["id"], found)
        orders.save(world, order, "orders/updated")
        return {}

    @control("split_order")
    def split_order(self, world: World, arguments: Doc) -> Doc:
        """Route one line of the order to the second location."""
        order = _order(world, arguments)
        line = next(one for one in order["lines"] if one["sku"] == arguments["sku"])
        for found in orders.fulfillment_orders(world, order):
            found["lines"] = [one for one in found["lines"] if one["line_id"] != line["id"]]
            world.table("fulfillment_orders").put(found["id"], found)
        second = next(one for one in world.table("locations") if not one["primary"])
        orders.add_fulfillment_order(world, order, [line], second["id"])
        orders.save(world, order, "orders/updated")
        return {}

    @control("change_product")
    def change_product(self, world: World, arguments: Doc) -> Doc:
        return catalog.changed_product(world, arguments)

    @control("edit_variant")
    def edit_variant(self, world: World, arguments: Doc) -> Doc:
        """{"sku", "set": {"price", "sku", "barcode", "tracked"}}"""
        return catalog.changed_product(world, arguments)

    @control("set_stock")
    def set_stock(self, world: World, arguments: Doc) -> Doc:
        return _count(world, arguments)

    @control("set_level")
    def set_level(self, world: World, arguments: Doc) -> Doc:
        return _count(world, arguments)

    @control("delete_variant")
    def delete_variant(self, world: World, arguments: Doc) -> Doc:
        return catalog.deleted_variant(world, arguments["sku"])

    @control("location")
    def location(self, world: World, arguments: Doc) -> Doc:
        """{"id", "active"}"""
        return catalog.switched_location(world, int(arguments["id"]), bool(arguments["active"]))

    @control("add_location")
    def add_location(self, world: World, arguments: Doc) -> Doc:
        return {"id": str(catalog.add_location(world, str(arguments["name"]))["id"])}

    @control("age_keys")
    def age_keys(self, world: World, arguments: Doc) -> Doc:
        """{"seconds"}: time passes for the idempotency keys that are kept."""
        age_keys(world, float(arguments["seconds"]))
        return {}

    @control("bulk")
    def bulk(self, world: World, arguments: Doc) -> Doc:
        """{"count", "quantity", "location"?}: so many simple products exist besides."""
        location = int(arguments.get("location") or stock.main_location(world)["id"])
        bulk.make(world, int(arguments["count"]), int(arguments["quantity"]), location)
        return {"first": bulk.sku_of(1), "last": bulk.sku_of(int(arguments["count"]))}

    @control("levels")
    def levels(self, world: World, arguments: Doc) -> Doc:
        """{"skus": []} or {"from", "to"} of the bulk, {"location"}: what is available, by SKU."""
        return stock.quantities(world, arguments)

    @control("writes")
    def writes(self, world: World, arguments: Doc) -> Doc:
        return stock.writes(world)

    @control("redact")
    def redact(self, world: World, arguments: Doc) -> Doc:
        """{"customer": id} or nothing for the whole shop."""
        shop = {"shop_id": 1, "shop_domain": f"{world.account}.myshopify.com"}
        if "customer" not in arguments:
            world.notify("shop/redact", shop)
            return {}
        customer = world.table("customers").get(arguments["customer"]) or {}
        placed = world.table("orders").where(customer_id=customer.get("id"))
        person = {name: customer.get(name) for name in ("id", "email", "phone")}
        redacted = [order["id"] for order in placed]
        world.notify("customers/redact", {**shop, "customer": person, "orders_to_redact": redacted})
        return {}

    @control("uninstall")
    def uninstall(self, world: World, arguments: Doc) -> Doc:
        """The app is thrown out: its tokens die, its subscriptions go."""
        world.notify("app/uninstalled", {"id": 1, "domain": f"{world.account}.myshopify.com"})
        world.set("uninstalled", True)
        for one in world.table("subscriptions").values():
            world.table("subscriptions").delete(one["id"])
        return {}


def _count(world: World, arguments: Doc) -> Doc:
    """{"sku", "available", "location"?}: a person counts, and writes down what is there."""
    variant = stock.variant_of(world, arguments["sku"])
    assert variant is not None, f"no variant {arguments['sku']}"
    location = int(arguments.get("location") or stock.main_location(world)["id"])
    found = stock.set_level(world, variant["item_id"], location, int(arguments["available"]))
    world.notify(stock.TOPIC, payloads.level(found))
    return {"id": f"{found['item_id']}-{location}", "available": found["available"]}


def _order(world: World, arguments: Doc) -> Doc:
    """By `order`: its id or its name."""
    wanted = str(arguments["order"])
    found = world.table("orders").get(wanted) or next(
        iter(world.table("orders").where(name=wanted)), None
    )
    assert found is not None, f"no order {wanted}"
    return found


SANDBOX = Shopify()
