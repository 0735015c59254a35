"""Ids, and connections: pages of rows with a cursor after each."""

import base64
import json
from collections.abc import Callable, Iterable
from typing import Any

from connectors.catalog.shopify.sandbox_engine import problem
from connectors.catalog.shopify.sandbox_money import Doc


def gid(kind: str, number: Any) -> str:
    return f"gid://shopify/{kind}/{number}"


def connection(
    rows: Iterable[tuple[str, int, Any]], view: Callable[[Any], Any], **arguments: Any
) -> Doc:
    """A page of rows (sort value, id, document), after the cursor's (value, id)."""
    wanted = arguments.get("first", arguments.get("last"))
    if wanted is None:
        raise problem("you must provide one of first or last", "BAD_REQUEST")
    ordered = sorted(rows, key=lambda row: row[:2], reverse=bool(arguments.get("reverse")))
    after = arguments.get("after")
    if after:
        mark = mark_of(after)
        ordered = [row for row in ordered if row[:2] > mark]
    size = min(250, int(wanted))
    page = ordered[:size]
    return {
        "nodes": lambda info: [view(row[2]) for row in page],
        "edges": lambda info: [{"cursor": _cursor(row), "node": view(row[2])} for row in page],
        "pageInfo": {
            "hasNextPage": len(ordered) > size,
            "hasPreviousPage": bool(after),
            "startCursor": _cursor(page[0]) if page else None,
            "endCursor": _cursor(page[-1]) if page else None,
        },
    }


def _cursor(row: tuple[str, int, Any]) -> str:
    text = json.dumps({"last_id": row[1], "last_value": row[0]})
    return base64.b64encode(text.encode()).decode()


def mark_of(cursor: str) -> tuple[str, int]:
    try:
        found = json.loads(base64.b64decode(cursor))
        return str(found["last_value"]), int(found["last_id"])
    except (ValueError, KeyError, TypeError) as error:
        raise problem("Malformed cursor", "BAD_REQUEST") from error


def in_order(rows: Iterable[Doc]) -> list[tuple[str, int, Doc]]:
    return [(f"{place:08d}", row.get("id") or place, row) for place, row in enumerate(rows)]


def listed(rows: Iterable[Doc], view: Callable[[Doc], Any]) -> Callable[..., Any]:
    """A connection field over rows that are in order already."""
    return lambda info, **arguments: connection(in_order(rows), view, **arguments)
