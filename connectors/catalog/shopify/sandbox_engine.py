"""Runs GraphQL as Shopify does: its error codes, its price of a query, its leaking bucket."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    execute_sync,
    parse,
    validate,
)

from connectors.catalog.shopify.sandbox_price import SCHEMA, cost_of, spent_on
from connectors.sandbox.kit import Call, Reply
from connectors.sandbox.world import World

MAX_COST = 1000
LIMITS = "https://shopify.dev/api/usage/rate-limits"
SCOPES_PAGE = "https://shopify.dev/api/usage/access-scopes"


@dataclass
class Asked:
    """What resolvers may know of the call: the world, the token's scopes, the search warnings."""

    world: World
    scopes: frozenset[str]
    version: str
    search: list[dict[str, Any]] = field(default_factory=list)


def problem(message: str, code: str, **more: Any) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code, **more})


def needs(info: Any, name: str, *scopes: str) -> None:
    """A write scope opens what the read scope of the same name does."""
    held = info.context.scopes
    if any(s in held or s.replace("read_", "write_", 1) in held for s in scopes):
        return
    text = " or ".join(f"`{scope}` access scope" for scope in scopes) + "."
    raise problem(
        f"Access denied for {name} field. Required access: {text}",
        "ACCESS_DENIED",
        documentation=SCOPES_PAGE,
        requiredAccess=text,
    )


def answer(
    world: World, call: Call, scopes: frozenset[str], version: str, root: Mapping[str, Any]
) -> Reply:
    """One GraphQL request, from its body to Shopify's envelope."""
    asked = call.json()
    if not isinstance(asked, dict) or not isinstance(asked.get("query"), str):
        return Reply(400, {"errors": {"query": "Required parameter missing or invalid"}})
    document, refusals = prepare(asked["query"])
    if document is None or refusals:
        return Reply(200, {"errors": refusals})
    variables = asked.get("variables") or {}
    operation = _operation(document, asked.get("operationName"))
    too_long = _too_long(variables, "productSet" in asked["query"])
    if too_long:
        return Reply(200, {"errors": [too_long]})
    nodes_cost = world.setting("nodes_cost", "each")
    price = cost_of(document, operation, variables, nodes_cost)
    refused = _refuse_price(world, price)
    if refused is not None:
        return refused
    context = Asked(world, scopes, version)
    result = execute_sync(
        SCHEMA,
        document,
        root_value=root,
        context_value=context,
        variable_values=variables,
        operation_name=asked.get("operationName"),
        field_resolver=_resolve,
    )
    invalid = [error for error in result.errors or () if error.path is None]
    if invalid:
        errors = [{**one.formatted, "extensions": {"code": "INVALID_VARIABLE"}} for one in invalid]
        return Reply(200, {"errors": errors})
    spent = price
    if world.setting("refund_unused", True):
        spent = min(price, spent_on(document, operation, variables, result.data, nodes_cost))
    _charge(world, spent)
    return Reply(200, _envelope(world, result, (price, spent), context))


def _resolve(source: Mapping[str, Any], info: Any, **arguments: Any) -> Any:
    """Every object here is a mapping; what takes arguments, or is dear, is a function in it."""
    found = source.get(info.field_name)
    return found(info, **arguments) if callable(found) else found


def _envelope(
    world: World, result: ExecutionResult, price: tuple[int, int], context: Asked
) -> dict[str, Any]:
    found: dict[str, Any] = {"data": result.data}
    if result.errors:
        for error in result.errors:
            if error.original_error is not None and not error.extensions:
                raise error.original_error
        found["errors"] = [error.formatted for error in result.errors]
    found["extensions"] = {"cost": _cost(world, *price)}
    if context.search:
        found["extensions"]["search"] = context.search
    return found


# --- Before anything runs -------------------------------------------------------------------


@lru_cache(maxsize=512)
def prepare(text: str) -> tuple[Any, list[dict[str, Any]]]:
    """The document and why it is refused; parsed and judged once."""
    try:
        document = parse(text)
    except GraphQLSyntaxError as error:
        where = [{"line": p.line, "column": p.column} for p in error.locations or ()]
        at = f"[{where[0]['line']}, {where[0]['column']}]" if where else "[1, 1]"
        said = error.message.removeprefix("Syntax Error: ")
        refusal = {
            "message": f"syntax error, {said} at {at}",
            "locations": where,
            "extensions": {"code": "PARSE_ERROR"},
        }
        return None, [refusal]
    return document, [_refusal(error) for error in validate(SCHEMA, document)]


_WORDS = (
    (
        r"Cannot query field '(\w+)' on type '(\w+)'",
        "Field '{0}' doesn't exist on type '{1}'",
        "undefinedField",
    ),
    (
        r"Unknown argument '(\w+)' on field '[\w.]*?(\w+)'",
        "Field '{1}' doesn't accept argument '{0}'",
        "argumentNotAccepted",
    ),
    (
        r"Field '(\w+)' argument '(\w+)' of type .* is required",
        "Field '{0}' is missing required arguments: {1}",
        "missingRequiredArguments",
    ),
    (
        r"Variable '\$(\w+)' is never used",
        "Variable ${0} is declared by anonymous query but not used",
        "variableNotUsed",
    ),
    (r"Unknown directive '@(\w+)'", "Directive @{0} is not defined", "undefinedDirective"),
    (
        r"Directive '@(\w+)' may not be used",
        "'@{0}' can't be applied here",
        "directiveCannotBeApplied",
    ),
)


def _refusal(error: GraphQLError) -> dict[str, Any]:
    formatted: dict[str, Any] = dict(error.formatted)
    formatted["extensions"] = {"code": "argumentLiteralsIncompatible"}
    for pattern, words, code in _WORDS:
        match = re.search(pattern, error.message)
        if match:
            formatted["message"] = words.format(*match.groups())
            formatted["extensions"] = {"code": code}
            break
    return formatted


def _operation(document: Any, name: str | None) -> Any:
    found = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    named = [d for d in found if name and d.name and d.name.value == name]
    return (named or found)[0]


def _too_long(value: Any, is_product_set: bool, path: tuple[str, ...] = ()) -> Any:
    if isinstance(value, list):
        limit = 2048 if is_product_set and path[-1:] == ("variants",) else 250
        if len(value) > limit:
            message = (
                f"The input array size of {len(value)} is greater than the maximum allowed of"
                f" {limit}."
            )
            return {
                "message": message,
                "path": list(path),
                "extensions": {"code": "MAX_INPUT_SIZE_EXCEEDED"},
            }
        children: Any = enumerate(value)
    elif isinstance(value, dict):
        children = value.items()
    else:
        return None
    for key, child in children:
        found = _too_long(child, is_product_set, (*path, str(key)))
        if found:
            return found
    return None


# --- The bucket -----------------------------------------------------------------------------


def _bucket(world: World) -> tuple[float, float, float]:
    """What is in the bucket now, its size, and its points a second."""
    size, restore = world.setting("bucket", 2000), world.setting("restore", 100)
    kept = world.table("_bucket").get("graphql")
    if kept is None:
        return float(size), size, restore
    level = min(size, kept["level"] + (world.clock() - kept["at"]) * restore)
    return max(0.0, level), size, restore


def _refuse_price(world: World, price: int) -> Reply | None:
    if price > MAX_COST:
        message = (
            f"Query cost is {price}, which exceeds the single query max cost limit ({MAX_COST})."
            f" See {LIMITS} for more information on how the cost of a query is calculated."
        )
        extensions = {"code": "MAX_COST_EXCEEDED", "cost": price, "maxCost": MAX_COST}
        errors = [{"message": message, "extensions": {**extensions, "documentation": LIMITS}}]
        return Reply(200, {"errors": errors})
    if not world.setting("rate_limit", True):
        return None
    level, _, _ = _bucket(world)
    if level < price:
        error = {
            "message": "Throttled",
            "extensions": {"code": "THROTTLED", "documentation": LIMITS},
        }
        body = {"errors": [error], "extensions": {"cost": _cost(world, price, None)}}
        return Reply(world.setting("throttle_status", 200), body)
    return None


def _charge(world: World, price: int) -> None:
    if world.setting("rate_limit", True):
        level, _, _ = _bucket(world)
        world.table("_bucket").put("graphql", {"level": level - price, "at": world.clock()})


def _cost(world: World, requested: int, actual: int | None) -> dict[str, Any]:
    level, size, restore = _bucket(world)
    return {
        "requestedQueryCost": requested,
        "actualQueryCost": actual,
        "throttleStatus": {
            "maximumAvailable": size,
            "currentlyAvailable": int(level),
            "restoreRate": restore,
        },
    }
