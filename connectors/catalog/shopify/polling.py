"""The polls: what changed since a time, in the order of change, page by page."""

from collections.abc import Generator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.catalog.shopify import queries, rest_shape
from connectors.catalog.shopify.calls import ask, gid
from connectors.errors import UnexpectedResponse
from connectors.spec import Context, Page, Plan, Position

PAGE = 50  # orders at once: with 25 lines each a query stays below Shopify's 1000 points
ITEMS = 50  # named one by one: Shopify may count each of them
Steps = Generator[Any, Any, None]


def since_text(position: Position) -> str | None:
    if position.since is None:
        return None
    at = position.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"updated_at:>='{at}'"


def _window(position: Position, first: int) -> dict[str, Any]:
    return {"first": first, "after": position.page or None, "query": since_text(position)}


def _next(connection: Mapping[str, Any]) -> str:
    page = connection["pageInfo"]
    return str(page["endCursor"]) if page["hasNextPage"] else ""


def poll_orders(position: Position, context: Context) -> Plan[Page]:
    data = yield from ask(queries.ORDERS, _window(position, PAGE), context, cost=600)
    clock = rest_shape.shop_clock(data["shop"]["ianaTimezone"])
    nodes = data["orders"]["nodes"]
    for node in nodes:
        yield from complete_order(node, context)
    return Page([rest_shape.order(node, clock) for node in nodes], _next(data["orders"]))


def complete_order(node: dict[str, Any], context: Context) -> Steps:
    """Fetch what did not fit on the page: further lines, and what refunds hold."""
    yield from _rest(node, "lineItems", queries.ORDER_LINES, "order", context, 102)
    if node["refunds"]:
        data = yield from ask(queries.ORDER_REFUNDS, {"id": node["id"]}, context, cost=40)
        node["refunds"] = (data["order"] or node)["refunds"]


def _rest(
    node: dict[str, Any],
    field: str,
    document: str,
    root: str,
    context: Context,
    cost: float,
) -> Steps:
    """Page through a connection that began inside `node`, adding to its nodes."""
    connection = node[field]
    while connection["pageInfo"]["hasNextPage"]:
        after = connection["pageInfo"]["endCursor"]
        variables = {"id": node["id"], "after": after}
        data = yield from ask(document, variables, context, cost=cost)
        if not data[root]:
            raise UnexpectedResponse(f"The {root} {node['id']} vanished while it was read.")
        connection = data[root][field]
        node[field]["nodes"].extend(connection["nodes"])


def poll_customers(position: Position, context: Context) -> Plan[Page]:
    data = yield from ask(queries.CUSTOMERS, _window(position, 100), context, cost=30)
    shop = data["shop"]
    clock = rest_shape.shop_clock(shop["ianaTimezone"])
    nodes = data["customers"]["nodes"]
    records = [rest_shape.customer(node, clock, shop["currencyCode"]) for node in nodes]
    return Page(records, _next(data["customers"]))


def poll_products(position: Position, context: Context) -> Plan[Page]:
    data = yield from ask(queries.PRODUCTS, _window(position, 20), context, cost=200)
    shop = data["shop"]
    clock = rest_shape.shop_clock(shop["ianaTimezone"])
    nodes = data["products"]["nodes"]
    for node in nodes:
        yield from _rest(node, "variants", queries.PRODUCT_VARIANTS, "product", context, 58)
    records = [rest_shape.product(node, clock, shop["currencyCode"]) for node in nodes]
    return Page(records, _next(data["products"]))


def poll_locations(position: Position, context: Context) -> Plan[Page]:
    """All of them: there are few, and Shopify cannot ask for the changed ones."""
    variables = {"first": 100, "after": position.page or None}
    data = yield from ask(queries.LOCATIONS, variables, context, cost=11)
    clock = rest_shape.shop_clock(None)
    records = [rest_shape.location(node, clock) for node in data["locations"]["nodes"]]
    return Page(records, _next(data["locations"]))


def whole_inventory_levels(position: Position, context: Context) -> Plan[Page]:
    """Every level of every item that is tracked; of the others the numbers mean nothing."""
    variables = {"first": 250, "after": position.page or None}
    data = yield from ask(queries.INVENTORY_LEVELS, variables, context, cost=168)
    records = yield from _levels(data["inventoryItems"]["nodes"], data["shop"], context)
    return Page(records, _next(data["inventoryItems"]))


def poll_inventory_levels(position: Position, context: Context) -> Plan[Page]:
    """Every level, less what did not change: Shopify cannot ask for changed levels."""
    page = yield from whole_inventory_levels(position, context)
    records = [one for one in page.records if _is_new(one["updated_at"], position.since)]
    return Page(records, page.next_page)


def fetch_inventory_levels(ids: Sequence[str], position: Position, context: Context) -> Plan[Page]:
    """The levels of these items; what is gone has none. `page` is how many were read before."""
    start = int(position.page or 0)
    some = ids[start : start + ITEMS]
    variables = {"ids": [gid("InventoryItem", one) for one in some]}
    cost = 1.0 + 15.0 * len(some)
    data = yield from ask(queries.LEVELS_OF_ITEMS, variables, context, cost=cost)
    nodes = [node for node in data["nodes"] if node]
    records = yield from _levels(nodes, data["shop"], context)
    end = start + len(some)
    return Page(records, str(end) if end < len(ids) else "")


def _levels(
    items: Sequence[dict[str, Any]], shop: Mapping[str, Any], context: Context
) -> Generator[Any, Any, list[dict[str, Any]]]:
    clock = rest_shape.shop_clock(shop["ianaTimezone"])
    tracked = [item for item in items if item["tracked"]]
    for item in tracked:
        yield from _rest(item, "inventoryLevels", queries.ITEM_LEVELS, "inventoryItem", context, 36)
    return [
        rest_shape.level(item, node, clock)
        for item in tracked
        for node in item["inventoryLevels"]["nodes"]
    ]


def _is_new(changed_at: str, since: datetime | None) -> bool:
    return since is None or datetime.fromisoformat(changed_at) >= since
