"""A line of a mapping in plain English, for differences and pages."""

from typing import Any

import msgspec
from msgspec import UNSET

from connectors.lines import Line
from connectors.steps import AnyStep


def say_line(line: Line) -> str:
    """«total ← total_price, as a decimal number, required»."""
    said = [f"{line.target} ← {line.source or 'nothing'}", *map(say_step, line.steps)]
    if line.each:
        said.append(f"each by {len(line.each)} line{'s' if len(line.each) > 1 else ''}")
    if line.required:
        said.append("required")
    return ", ".join(said)


def say_step(step: AnyStep) -> str:
    """«Cut to a length (most characters 30)»: what is as by default goes without saying."""
    given = [
        f"{_title(field)} {_value(value)}"
        for field in msgspec.structs.fields(step)
        if (value := getattr(step, field.name)) is not UNSET and value != _default(field)
    ]
    return f"{step.label} ({', '.join(given)})" if given else step.label


def _value(value: Any) -> str:
    """«"other"»; of a table its rows: «customer = CUSTOMER, fraud = FRAUD»."""
    if isinstance(value, dict) and all(isinstance(one, str) for one in value.values()):
        return ", ".join(f"{name} = {one}" for name, one in value.items()) or "{}"
    return msgspec.json.encode(value).decode()


def _title(field: Any) -> str:
    """As the form says it."""
    for extra in getattr(field.type, "__metadata__", ()):
        if isinstance(extra, msgspec.Meta) and extra.title:
            return f"{extra.title[:1].lower()}{extra.title[1:]}"
    return str(field.name).replace("_", " ")


def _default(field: Any) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default
