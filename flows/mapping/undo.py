"""What a change of one line takes back again: the line at the top that it was in. Pure."""

import msgspec

from connectors.lines import Line, Mapping


class Before(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the line of `target` was, and where; None for one that was not there."""

    target: str
    index: int
    line: Line | None = None


def before_of(mapping: Mapping, attribute: str) -> Before:
    target = attribute.partition("[].")[0]
    for index, line in enumerate(mapping.lines):
        if line.target == target:
            return Before(target, index, line)
    return Before(target, len(mapping.lines))


def take_back(mapping: Mapping, before: Before) -> Mapping:
    """All else stays as it is now."""
    lines = [line for line in mapping.lines if line.target != before.target]
    if before.line is not None:
        lines.insert(max(0, before.index), before.line)
    return Mapping(tuple(lines))
