"""The roots of the GraphQL API: how a query or mutation is declared, guarded and searched."""

import re
from collections.abc import Callable
from typing import Any

from connectors.catalog.shopify.sandbox_catalog import error
from connectors.catalog.shopify.sandbox_engine import needs
from connectors.catalog.shopify.sandbox_money import Doc
from connectors.catalog.shopify.sandbox_pages import connection
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


_TERM = re.compile(r"""(\w+):(>=|<=|>|<)?(?:'([^']*)'|"((?:[^"\\]|\\.)*)"|(\S+))""")


def matches(info: Any, query: str | None, fields: dict[str, str]) -> Callable[[Doc], bool]:
    """The filter of a search query; an unknown key is a warning, not a failure."""
    tests: list[tuple[str, str, str]] = []
    for key, sign, *values in _TERM.findall(query or ""):
        value = next((one for one in values if one), "").replace('\\"', '"').replace("\\\\", "\\")
        if key in fields:
            tests.append((fields[key], sign or "=", value))
        else:
            warning = {"field": key, "message": "Invalid search field for this query."}
            warnings = [{**warning, "code": "invalid_field"}]
            info.context.search.append(
                {"path": [info.field_name], "query": query, "warnings": warnings}
            )
    return lambda doc: all(
        _holds(str(doc.get(name) or ""), sign, wanted) for name, sign, wanted in tests
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
    keep = matches(info, arguments.get("query"), fields)
    page = {k: v for k, v in arguments.items() if k in ("first", "last", "after", "reverse")}
    rows = ((str(doc.get(sort) or ""), doc["id"], doc) for doc in world.table(table) if keep(doc))
    return connection(rows, lambda doc: view(world, doc), **page)
