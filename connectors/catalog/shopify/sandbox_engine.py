"""Runs GraphQL as Shopify does: its error codes, its price of a query, its leaking bucket."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    ExecutionResult,
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    get_named_type,
    is_leaf_type,
    parse,
    validate,
)

from connectors.sandbox.kit import Call, Reply
from connectors.sandbox.world import World

SCHEMA = build_schema(Path(__file__).with_name("sandbox_schema.graphql").read_text())
MAX_COST = 1000
FREE = {"MoneyBag", "MoneyV2", "MailingAddress", "LocationAddress", "PageInfo", "UserError"}
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
    price = cost_of(document, operation, variables, world.setting("nodes_cost", "each"))
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
    _charge(world, price)
    return Reply(200, _envelope(world, result, price, context))


def _resolve(source: Mapping[str, Any], info: Any, **arguments: Any) -> Any:
    """Every object here is a mapping; what takes arguments, or is dear, is a function in it."""
    found = source.get(info.field_name)
    return found(info, **arguments) if callable(found) else found


def _envelope(world: World, result: ExecutionResult, price: int, context: Asked) -> dict[str, Any]:
    found: dict[str, Any] = {"data": result.data}
    if result.errors:
        for error in result.errors:
            if error.original_error is not None and not error.extensions:
                raise error.original_error
        found["errors"] = [error.formatted for error in result.errors]
    found["extensions"] = {"cost": _cost(world, price, price)}
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


# --- What it costs ---------------------------------------------------------------------------


def cost_of(
    document: Any, operation: Any, variables: Mapping[str, Any], nodes_cost: str = "each"
) -> int:
    """Connections grow with the logarithm of their size; money and addresses are free. Whether
    `nodes` pays for each id is not known."""
    fragments = {d.name.value: d for d in document.definitions if hasattr(d, "type_condition")}
    is_mutation = operation.operation.value == "mutation"
    root = SCHEMA.mutation_type if is_mutation else SCHEMA.query_type
    pricer = _Pricer(fragments, variables, nodes_cost == "each")
    if not is_mutation:
        return max(1, pricer.price(operation.selection_set, root))
    return sum(10 + pricer.below_payload(n, root) for n in operation.selection_set.selections)


class _Pricer:
    def __init__(
        self, fragments: Mapping[str, Any], variables: Mapping[str, Any], pays_each: bool
    ) -> None:
        self.fragments, self.variables, self.pays_each = fragments, variables, pays_each

    def price(self, selections: Any, parent: Any) -> int:
        total = 0
        for node in selections.selections:
            if isinstance(node, FragmentSpreadNode):
                spread = self.fragments[node.name.value]
                on = SCHEMA.type_map[spread.type_condition.name.value]
                total += self.price(spread.selection_set, on)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                on = SCHEMA.type_map[condition.name.value] if condition else parent
                total += self.price(node.selection_set, on)
            else:
                total += self._field(node, parent)
        return total

    def _field(self, node: FieldNode, parent: Any) -> int:
        name = node.name.value
        if name.startswith("__") or name not in parent.fields:
            return 0
        kind = get_named_type(parent.fields[name].type)
        if is_leaf_type(kind) or node.selection_set is None:
            return 0
        if kind.name.endswith("Connection"):
            return self._connection(node, kind)
        if name == "nodes" and parent is SCHEMA.query_type:
            return self._count(node) * (1 + self.price(node.selection_set, kind))
        own = 0 if kind.name in FREE or kind.name.endswith("UserError") else 1
        return own + self.price(node.selection_set, kind)

    def _connection(self, node: FieldNode, kind: Any) -> int:
        size = self._size(node)
        growth = max(1, math.floor(2 * math.log(size))) if size > 0 else 0
        assert node.selection_set is not None
        return 2 + growth * (1 + self.price(node.selection_set, kind) - self._wrapper(node))

    def _wrapper(self, node: FieldNode) -> int:
        """`nodes` itself is no object of its own."""
        assert node.selection_set is not None
        names = {s.name.value for s in node.selection_set.selections if isinstance(s, FieldNode)}
        return 1 if names & {"nodes", "edges"} else 0

    def _count(self, node: FieldNode) -> int:
        value: Any = next(one.value for one in node.arguments or ())
        given = self.variables.get(value.name.value) if hasattr(value, "name") else value.values
        return len(given or ()) if self.pays_each else 1

    def _size(self, node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value in ("first", "last"):
                value: Any = argument.value
                if hasattr(value, "name"):
                    return int(self.variables.get(value.name.value) or 0)
                return int(value.value)
        return 0

    def below_payload(self, node: Any, root: Any) -> int:
        payload = get_named_type(root.fields[node.name.value].type)
        found = 0
        for child in node.selection_set.selections:
            if not isinstance(child, FieldNode) or child.selection_set is None:
                continue
            kind = get_named_type(payload.fields[child.name.value].type)
            if not kind.name.endswith("UserError"):
                found += self.price(child.selection_set, kind)
        return found


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
