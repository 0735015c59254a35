"""Write docs/steps.md: `python -m connectors.steps.document > docs/steps.md`."""

import json
import sys
from collections.abc import Iterator
from itertools import groupby

from connectors.steps.kinds import Kind, Parameter, kinds

BEGINNING = """# The steps of a mapping line

A line takes what its path finds in the source, sends it through its steps, one after the other, and
puts the outcome in its target. Where there is no value, a step is passed by, unless it says
otherwise. A step that cannot do what it is asked refuses the record, and the failure names the
line, the step and the value.

As data a step is an object with its kind under `step`: `{"step": "fit", "length": 30}`.

This page is written by `python -m connectors.steps.document > docs/steps.md`, out of what the steps
declare.
"""


def as_markdown() -> str:
    return "\n".join([BEGINNING, *_groups()])


def _groups() -> Iterator[str]:
    for group, members in groupby(kinds(), key=lambda kind: kind.group):
        yield f"## {group}\n"
        for kind in members:
            yield from _of(kind)


def _of(kind: Kind) -> Iterator[str]:
    yield f"### {kind.label} · `{kind.name}`\n"
    yield f"{kind.about}\n"
    if kind.parameters:
        yield "| Parameter | What | Type | If left out |"
        yield "|---|---|---|---|"
        yield from (_row(parameter) for parameter in kind.parameters)
        yield ""


def _row(one: Parameter) -> str:
    what = ". ".join(filter(None, (one.label, one.help.rstrip("."))))
    if one.examples:
        what += f", as {', '.join(_code(example) for example in one.examples)}"
    left_out = (
        "needed" if one.required else "nothing" if one.default is None else _code(one.default)
    )
    return f"| `{one.name}` | {what} | {_type(one)} | {'needed' if one.required else left_out} |"


def _type(one: Parameter) -> str:
    if one.choices:
        return ", ".join(_code(choice) for choice in one.choices)
    limits = {"from": one.least, "to": one.most}
    unit = "" if one.type in ("whole", "decimal") else " long"
    said = " ".join(f"{word} {limit}" for word, limit in limits.items() if limit is not None)
    return f"{one.type}, {said}{unit}" if said else one.type


def _code(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"`{text}`" if text.strip() else f'`"{text}"`'


if __name__ == "__main__":
    sys.stdout.write(as_markdown())
