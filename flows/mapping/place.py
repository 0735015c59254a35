"""Where a mapping fills an attribute, and putting another source there. Pure."""

import re
from collections.abc import Sequence

from msgspec.structs import replace

from connectors.lines import Line, Mapping
from connectors.steps import AnyStep

_EACH = "[]"
_PIECES = re.compile(r'"(?:\\.|[^"\\])*"|\[\]|[^"\[]+|.', re.DOTALL)
Lines = tuple[Line, ...]


class DoesNotFit(ValueError):
    """No line can say it where the mapping is as it is; the message says what to do."""


def find_filling(mapping: Mapping, attribute: str) -> Line | None:
    """The line that fills `lines[].sku`, or one that makes what it is in as a whole."""
    lines, found = mapping.lines, None
    for name in attribute.split(f"{_EACH}."):
        found = _covering(lines, name)
        if found is None or not found.each:
            return found
        lines = found.each
    return found


def put_source(
    mapping: Mapping, attribute: str, source: str, steps: Sequence[AnyStep] = ()
) -> Mapping:
    """`source` fills `attribute`, both with a `[]` for each list that they are in.

    Of a list that the attribute is not in, the first is taken. Raises DoesNotFit.
    """
    return Mapping(_put(mapping.lines, attribute.split(f"{_EACH}."), _parts(source), tuple(steps)))


def _put(lines: Lines, names: list[str], parts: list[str], steps: tuple[AnyStep, ...]) -> Lines:
    name, *inner = names
    at = next((at for at, line in enumerate(lines) if line.target == name), len(lines))
    before = lines[at] if at < len(lines) else Line(name)
    if inner:
        line = _with_inner(before, inner, parts, steps)
    else:
        line = replace(before, source="[0].".join(parts), steps=steps)
    return (*lines[:at], line, *lines[at + 1 :])


def _with_inner(
    before: Line, inner: list[str], parts: list[str], steps: tuple[AnyStep, ...]
) -> Line:
    spare = len(parts) - len(inner) - 1
    if spare < 0:
        raise DoesNotFit(
            f"«{_join(parts)}» is not in a list, and each of «{before.target}» is made of one."
            " Write this line by hand."
        )
    source = _join(parts[: spare + 1])
    if before.source and not before.each:
        raise DoesNotFit(f"One line makes «{before.target}» as a whole. Take it away first.")
    if before.source and before.source != source and not before.source.startswith(f"{source}["):
        raise DoesNotFit(
            f"«{before.target}» is made of «{before.source}», and «{_join(parts)}» is not in there."
            " Change that line first."
        )
    each = _put(before.each, inner, parts[spare + 1 :], steps)
    return replace(before, source=before.source or source, each=each)


def _covering(lines: Lines, name: str) -> Line | None:
    for line in lines:
        if line.target == name or name.startswith(f"{line.target}."):
            return line
    return None


def _parts(source: str) -> list[str]:
    """The path from list to list: `line_items[].sku` is `line_items` and `sku`."""
    parts = [""]
    for piece in _PIECES.findall(source):
        if piece == _EACH:
            parts.append("")
        else:
            parts[-1] += piece
    return [part.removeprefix(".") for part in parts]


def _join(parts: list[str]) -> str:
    return f"{_EACH}.".join(parts)
