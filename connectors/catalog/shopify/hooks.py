"""Webhooks: how they are signed and named, and how the shop's subscriptions are kept equal."""

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from connectors.catalog.shopify import mutations, queries
from connectors.catalog.shopify.calls import ask, data_of, graphql, user_errors
from connectors.errors import Rejected
from connectors.signatures import hmac_sha256
from connectors.spec import Context, Plan, Privacy, Webhooks

# Shopify takes these from the app's own configuration; the API cannot subscribe to them.
PRIVACY = {
    "customers/data_request": Privacy("data_request"),
    "customers/redact": Privacy(
        "redact_shopper",
        records={"customer": "customer.id", "order": "orders_to_redact"},
        traits=("customer.email", "customer.phone"),
    ),
    "shop/redact": Privacy("redact_shop"),
}
COMPLIANCE = tuple(PRIVACY)
OTHER = (
    *COMPLIANCE,
    "app/uninstalled",
    "orders/edited",
    "fulfillment_orders/placed_on_hold",
    "fulfillment_orders/hold_released",
)


def _header(name: str) -> Any:
    return lambda headers, body: headers.get(name, "")


def enum_of(topic: str) -> str:
    return topic.replace("/", "_").upper()


def register(address: str, topics: Sequence[str], context: Context) -> Plan[list[str]]:
    """One subscription a topic, all to this address; the API lists only our own app's."""
    named = dict.fromkeys([*topics, "app/uninstalled"])
    wanted = {enum_of(topic): topic for topic in named if topic not in COMPLIANCE}
    changed: list[str] = []
    kept: set[str] = set()
    there = yield from _subscriptions(context)
    for node in sorted(there, key=lambda node: node["uri"] != address):
        topic = node["topic"]
        if topic not in wanted or topic in kept:
            yield from _write(mutations.DELETE_SUBSCRIPTION, {"id": node["id"]}, context)
            changed.append(f"removed {wanted.get(topic, topic)} to {node['uri']}")
            continue
        kept.add(topic)
        if node["uri"] != address:
            variables = {"id": node["id"], "webhookSubscription": {"uri": address}}
            yield from _write(mutations.UPDATE_SUBSCRIPTION, variables, context)
            changed.append(f"moved {wanted[topic]} to {address}")
    for enum, topic in wanted.items():
        if enum not in kept:
            subscription = {"uri": address, "format": "JSON"}
            variables = {"topic": enum, "webhookSubscription": subscription}
            yield from _write(mutations.CREATE_SUBSCRIPTION, variables, context)
            changed.append(f"added {topic}")
    return changed


def _subscriptions(context: Context) -> Generator[Any, Any, list[dict[str, Any]]]:
    found: list[dict[str, Any]] = []
    after = None
    while True:
        data = yield from ask(queries.SUBSCRIPTIONS, {"after": after}, context, cost=11)
        found += data["webhookSubscriptions"]["nodes"]
        page = data["webhookSubscriptions"]["pageInfo"]
        if not page["hasNextPage"]:
            return found
        after = page["endCursor"]


def _write(
    document: str, variables: Mapping[str, Any], context: Context
) -> Generator[Any, Any, None]:
    """A subscription that is there, or gone, already is as it should be."""
    response = yield graphql(document, variables, context, writes=True)
    (payload,) = data_of(response).values()
    said = [str(error["message"]) for error in user_errors(payload or {})]
    harmless = ("already been taken", "does not exist")
    real = [message for message in said if not any(part in message for part in harmless)]
    if real:
        raise Rejected(f"Shopify refused a webhook subscription: {'; '.join(real)}")


WEBHOOKS = Webhooks(
    verify=hmac_sha256("x-shopify-hmac-sha256", "client_secret"),
    topic=_header("x-shopify-topic"),
    delivery_id=_header("x-shopify-webhook-id"),
    sent_at=_header("x-shopify-triggered-at"),
    register=register,
    other_topics=OTHER,
    privacy_topics=PRIVACY,
    farewell_topics=("app/uninstalled",),
)
