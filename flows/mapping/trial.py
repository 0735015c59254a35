"""What each line of a mapping gives of one record, by itself: for previews. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from connectors.errors import Failure, MappingFailed, MissingLink
from connectors.lines import Line
from connectors.spec import Context
from connectors.steps import Here
from flows.mapping.compile import compile_line
from flows.mapping.edit import Place

MOST_PATHS, MOST_DEEP = 400, 6


@dataclass(frozen=True)
class Tried:
    """What a line gives; with `failure` nothing, and `step` is the one that failed, from 1. What
    `waits` only lacks a record that is not in the target yet."""

    value: Any = None
    failure: str = ""
    step: int = 0
    has_sample: bool = True  # else there was no element to try it on
    waits: bool = False


NOTHING = Tried(has_sample=False)


def try_lines(
    lines: Sequence[Line], record: Any, context: Context, inside: Place = ()
) -> dict[Place, Tried]:
    """By the place of each line; those of each element are tried on the first one."""
    found: dict[Place, Tried] = {}
    _try_all(lines, None if record is None else Here(context, record, record), inside, found)
    return found


def _try_all(
    lines: Sequence[Line], here: Here | None, inside: Place, found: dict[Place, Tried]
) -> None:
    for index, line in enumerate(lines):
        place = (*inside, index)
        found[place] = NOTHING if here is None else try_line(line, here)
        if line.each:
            _try_all(line.each, here and element_of(line, here), place, found)


def try_line(line: Line, here: Here) -> Tried:
    try:
        return Tried(compile_line(line)(here))
    except MappingFailed as failure:
        return Tried(failure=failure.message, step=failure.step)
    except Failure as failure:
        return Tried(failure=failure.message, waits=isinstance(failure, MissingLink))
    except Exception as error:  # a path that is being typed
        return Tried(failure=f"It cannot be tried: {error}")


def try_steps(line: Line, here: Here) -> Iterator[Tried]:
    """What its path finds, then what there is after each step, up to one that fails."""
    plain = replace(line, each=(), required=False)
    for count in range(len(line.steps) + 1):
        tried = try_line(replace(plain, steps=line.steps[:count]), here)
        yield tried
        if tried.failure:
            return


def element_of(line: Line, here: Here) -> Here | None:
    """The first element that the line goes through, if there is one."""
    found = try_line(Line(line.target, line.source), here).value
    if not isinstance(found, list) or not found:
        return None
    return Here(here.context, here.record, found[0])


def paths_of(record: Any) -> list[tuple[str, Any]]:
    """The paths of a record with what they find, as many as a list of choices bears. Lists are
    named and not gone into: that is what the lines of each element are for."""
    found: list[tuple[str, Any]] = []
    left: list[tuple[str, Any, int]] = [("", record, 0)]
    while left and len(found) < MOST_PATHS:
        path, value, deep = left.pop(0)
        if path:
            found.append((path, value))
        if isinstance(value, dict) and deep < MOST_DEEP:
            for name, part in value.items():
                if isinstance(name, str):
                    step = name if name.isidentifier() and name.isascii() else f'"{name}"'
                    left.append((f"{path}.{step}" if path else step, part, deep + 1))
    return found
