"""The parts of the credential check, each on its own and in plain words."""

from collections.abc import Callable, Generator
from typing import Any

from connectors.catalog.shopify import queries
from connectors.catalog.shopify.calls import DEFAULT_VERSION, ask
from connectors.catalog.shopify.login import SCOPES
from connectors.errors import Rejected, Unauthorized
from connectors.spec import Check, Context, Plan


def _reachable(context: Context) -> Plan[str]:
    data = yield from ask(queries.SHOP, {}, context, cost=2)
    shop = data["shop"]
    wanted = context.settings.get("shop")
    if wanted and shop["myshopifyDomain"].split(".", 1)[0] != wanted:
        raise Unauthorized(f"The token belongs to another shop: {shop['myshopifyDomain']}.")
    return f"Shopify answers for {shop['name']} ({shop['myshopifyDomain']})."


def _environment(context: Context) -> Plan[str]:
    data = yield from ask(queries.SHOP, {}, context, cost=2)
    plan = data["shop"]["plan"]
    if plan["partnerDevelopment"]:
        return "A development store: its orders are for testing."
    return f"A live shop ({plan['publicDisplayName']})."


def _version(context: Context) -> Plan[str]:
    wanted = context.settings.get("api_version") or DEFAULT_VERSION
    data = yield from ask(queries.VERSIONS, {}, context, cost=2)
    supported = [one["handle"] for one in data["publicApiVersions"] if one["supported"]]
    if wanted not in supported:
        raise Rejected(f"Shopify no longer supports version {wanted}; choose {supported[-1]}.")
    return f"Version {wanted} is supported."


def _granted(context: Context) -> Generator[Any, Any, set[str]]:
    data = yield from ask(queries.SCOPES, {}, context, cost=2)
    handles = {one["handle"] for one in data["currentAppInstallation"]["accessScopes"]}
    reads = {f"read_{name.removeprefix('write_')}" for name in handles if name.startswith("write_")}
    return handles | reads  # Shopify lists a write scope without the read scope that it implies


def _may(*scopes: str) -> Callable[[Context], Plan[str]]:
    def plan(context: Context) -> Plan[str]:
        granted = yield from _granted(context)
        missing = [scope for scope in scopes if scope not in granted]
        if missing:
            raise Unauthorized(f"The app lacks the scope {', '.join(missing)}.")
        return f"Granted: {', '.join(scopes)}."

    return plan


def _old_orders(context: Context) -> Plan[str]:
    granted = yield from _granted(context)
    if "read_all_orders" in granted:
        return "All orders can be read."
    return "Orders of the last 60 days can be read; older ones need the scope read_all_orders."


def _webhooks(context: Context) -> Plan[str]:
    data = yield from ask(queries.SUBSCRIPTIONS, {"after": None}, context, cost=11)
    topics = sorted({node["topic"] for node in data["webhookSubscriptions"]["nodes"]})
    if not any(topic.startswith("ORDERS_") for topic in topics):
        return "No webhooks are registered for orders: changes come by polling, minutes later."
    return f"{len(topics)} webhook topics are registered."


def _scope_label(scope: str) -> str:
    verb, _, what = scope.partition("_")
    return f"May {verb} {what.replace('_', ' ')}"


_ADD = (
    "Dev Dashboard > your app > Versions: add the scope {}, release the version, and approve it in"
    " the shop. A custom app: Settings > Apps > Develop apps > your app > Configuration."
)

CHECKS = (
    Check(
        "reachable",
        "Credentials",
        _reachable,
        kind="credentials",
        mend="Compare the shop's name and the credentials with those of the app, and see that the"
        " app is installed in this shop.",
    ),
    *(
        Check(scope, _scope_label(scope), _may(scope), kind="permission", mend=_ADD.format(scope))
        for scope in SCOPES
    ),
    Check("old_orders", "How far back orders can be read", _old_orders),
    Check(
        "version",
        "The API version is supported",
        _version,
        mend="Choose the version that is named here in the settings.",
    ),
    Check("environment", "Development store or live shop", _environment, kind="environment"),
    Check("webhooks", "Webhooks are registered", _webhooks, kind="webhooks"),
)
