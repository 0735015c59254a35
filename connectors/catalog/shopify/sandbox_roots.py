"""The roots of the GraphQL API: how a query or mutation is declared, guarded and searched."""

import re
from collections.abc import Callable
from typing import Any

from connectors.catalog.shopify.sandbox_engine import needs
from connectors.catalog.shopify.sandbox_money import Doc
from connectors.catalog.shopify.sandbox_pages import connection
from connectors.catalog.shopify.sandbox_stock import error
from connectors.sandbox.world import World

Root = Callable[..., Any]
ROOTS: dict[str, Root] = {}


def root(name: str, *scopes: str) -> Callable[[Root], Root]:
    """A root field, open to these scopes; the resolver is given the world first."""

    def mark(function: Root) -> Root:
        def resolve(info: Any, **arguments: Any) -> Any:
            if scopes:
                needs(info, name, *scopes)
            return function(info.context.world, info, **arguments)

        ROOTS[name] = resolve
        return function

    return mark


def refusal(message: str, *field: str, code: str | None = None) -> dict[str, Any]:
    return {"userErrors": [error(code, list(field) or None, message)]}


_TERM = re.compile(r"""\b(OR)\b|(\w+):(>=|<=|>|<)?(?:'([^']*)'|"((?:[^"\\]|\\.)*)"|(\S+))""")


Test = tuple[str, str, str]  # the attribute, the sign, the value
Keep = Callable[[Doc], bool]


def alternatives(info: Any, query: str | None, fields: dict[str, str]) -> list[list[Test]]:
    """What a search query asks for: one list of tests must hold whole. An unknown key is a
    warning, not a failure."""
    found: list[list[Test]] = [[]]
    for either, key, sign, *values in _TERM.findall(query or ""):
        if either:
            found.append([])
            continue
        value = next((one for one in values if one), "").replace('\\"', '"').replace("\\\\", "\\")
        if key in fields:
            found[-1].append((fields[key], sign or "=", value))
        else:
            warning = {"field": key, "message": "Invalid search field for this query."}
            warnings = [{**warning, "code": "invalid_field"}]
            info.context.search.append(
                {"path": [info.field_name], "query": query, "warnings": warnings}
            )
    return found


def named(tests: list[list[Test]], name: str) -> set[str] | None:
    """The values, where the query is nothing but a choice of exact ones of this attribute."""
    is_choice = all(
        len(one) == 1 and one[0][:2] == (name, "=") and not one[0][2].endswith("*") for one in tests
    )
    return {one[0][2].lower() for one in tests} if is_choice else None


def keeper(tests: list[list[Test]], *names: str) -> Keep:
    for name in names:
        wanted = named(tests, name)
        if wanted is not None:
            return lambda doc: str(doc.get(name) or "").lower() in wanted
    return lambda doc: any(
        all(_holds(str(doc.get(name) or ""), sign, value) for name, sign, value in one)
        for one in tests
    )


def _holds(value: str, sign: str, wanted: str) -> bool:
    if sign == "=":
        return (
            value.lower().startswith(wanted[:-1].lower())
            if wanted.endswith("*")
            else value.lower() == wanted.lower()
        )
    return {
        ">=": value >= wanted,
        "<=": value <= wanted,
        ">": value > wanted,
        "<": value < wanted,
    }[sign]


def found(
    info: Any,
    world: World,
    table: str,
    fields: dict[str, str],
    view: Any,
    sort: str,
    arguments: Doc,
) -> Doc:
    """A searched and sorted connection over a table."""
    keep = keeper(alternatives(info, arguments.get("query"), fields))
    page = page_of(arguments)
    rows = ((str(doc.get(sort) or ""), doc["id"], doc) for doc in world.table(table) if keep(doc))
    return connection(rows, lambda doc: view(world, doc), **page)


def page_of(arguments: Doc) -> Doc:
    return {k: v for k, v in arguments.items() if k in ("first", "last", "after", "reverse")}
