"""Lists of the sandbox: search by Ransack predicates, sort, page, pick fields; and its times.

Settings: `per_page_max` (100), `strict_search` (off: an unknown attribute is ignored, as Ransack
does; on: it is refused).
"""

import json
import operator
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from connectors.catalog.whiplash.sandbox_access import refuse
from connectors.sandbox.kit import Call, Reply
from connectors.sandbox.world import Document, World

ZONE = timezone(timedelta(hours=-4))  # the account's own
Test = Callable[[Any, Any], bool]


def _either_none(test: Test) -> Test:
    return lambda a, b: a is not None and b is not None and test(a, b)


PREDICATES: dict[str, Test] = {
    "not_eq": operator.ne,
    "not_in": lambda a, b: a not in b,
    "not_null": lambda a, b: (a is not None) == bool(b),
    "null": lambda a, b: (a is None) == bool(b),
    "present": lambda a, b: (a not in (None, "", [])) == bool(b),
    "gteq": _either_none(operator.ge),
    "lteq": _either_none(operator.le),
    "cont": _either_none(lambda a, b: str(b).lower() in str(a).lower()),
    "start": _either_none(lambda a, b: str(a).startswith(str(b))),
    "eq": operator.eq,
    "in": lambda a, b: a in b,
    "gt": _either_none(operator.gt),
    "lt": _either_none(operator.lt),
}


def time_text(moment: datetime) -> str:
    """As the vendor writes it; with one offset for all, text order is time order."""
    return moment.astimezone(ZONE).isoformat(timespec="milliseconds")


def later_than(text: str, moment: datetime) -> str:
    """Now, and at least a millisecond after `text`: each change has a time of its own."""
    following = datetime.fromisoformat(text) + timedelta(milliseconds=1)
    return time_text(max(moment, following))


def listed(world: World, call: Call, rows: Iterable[Document]) -> Reply:
    found = matching(world, call, rows)
    page, size = page_of(world, call)
    return reply_with(call, found[(page - 1) * size : page * size], page, size, len(found))


def page_of(world: World, call: Call) -> tuple[int, int]:
    """Which page is asked for, and how many rows it holds."""
    size = min(_number(call, "per_page", 50), int(world.setting("per_page_max", 100)))
    return _number(call, "page", 1), size


def reply_with(call: Call, rows: Iterable[Document], page: int, size: int, total: int) -> Reply:
    shown = [_fields(row, call.query.get("fields", "")) for row in rows]
    return Reply(200, shown, _headers(call, page, size, total))


def counted(world: World, call: Call, rows: Iterable[Document]) -> Reply:
    return Reply(200, {"count": len(matching(world, call, rows))})


def matching(world: World, call: Call, rows: Iterable[Document]) -> list[Document]:
    tests = _tests(world, call.query.get("search", ""), rows := list(rows))
    found = [
        row for row in rows if all(test(_read(row, name), value) for name, test, value in tests)
    ]
    for part in reversed([p for p in call.query.get("sort", "id asc").split(",") if p.strip()]):
        name, _, direction = part.strip().partition(" ")
        found.sort(key=lambda row: _sortable(_read(row, name)), reverse=direction.lower() == "desc")
    return found


def _tests(world: World, search: str, rows: list[Document]) -> list[tuple[str, Test, Any]]:
    try:
        asked = json.loads(search or "{}")
    except ValueError:
        raise refuse(422, "search is not valid JSON") from None
    return [test for key, value in asked.items() if (test := _test(world, key, value, rows))]


def _test(world: World, key: str, value: Any, rows: list[Document]) -> tuple[str, Test, Any] | None:
    for name, test in PREDICATES.items():
        if key.endswith("_" + name):
            attribute = key[: -len(name) - 1]
            if rows and not _has(rows[0], attribute):
                break
            return attribute, test, comparable(attribute, value)
    if world.setting("strict_search", False):
        raise refuse(422, f"Invalid search term {key}")
    return None


def comparable(attribute: str, value: Any) -> Any:
    if attribute.endswith("_at") and isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            raise refuse(422, f"{attribute} is not a time") from None
        return time_text(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return value


def _has(row: Document, attribute: str) -> bool:
    return attribute in row or attribute.startswith("originator_")


def _read(row: Document, attribute: str) -> Any:
    if attribute in row:
        return row[attribute]
    if attribute.startswith("originator_"):
        return (row.get("originator") or {}).get(attribute.removeprefix("originator_"))
    return None


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is not None, value if value is not None else 0)


def _fields(row: Document, wanted: str) -> Document:
    return {name: row[name] for name in wanted.split(",") if name in row} if wanted else row


def _number(call: Call, name: str, otherwise: int) -> int:
    given = call.query.get(name, "")
    return max(1, int(given)) if given.isdigit() else otherwise


def _headers(call: Call, page: int, size: int, total: int) -> dict[str, str]:
    headers = {}
    if call.query.get("page_total") == "true":
        headers["Page-Total"] = str(total)
    if call.query.get("page_links") == "true" and page * size < total:
        headers["Page-Next"] = str(page + 1)
    return headers
