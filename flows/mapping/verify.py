"""Runs the lines of a mapping over samples one by one, and says of each attribute what it gets.

A line that fails stops a record, so a record by itself tells of one failure; here every line is run
on its own, step by step.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from connectors.context import Context
from connectors.errors import MissingLink, MissingRow
from connectors.lines import Line, Mapping
from connectors.steps import Fit, Here, Step, ToDecimal, ToMoney, ToNumber, ToWhole
from connectors.steps.numbers import exact
from connectors.steps.paths import known_finder
from flows.mapping.compile import is_empty

Finding = Literal["filled", "empty", "wrong_type", "not_allowed", "lost", "waits"]
MOST_EXAMPLES = 3
_EXACT = (ToDecimal, ToMoney, ToNumber, ToWhole)
# What an attribute may hold: (wrong_type or not_allowed, in words), None if it may.
Check = Callable[[str, Any], tuple[str, str] | None]


@dataclass(frozen=True)
class Example:
    """`value` is what the line makes of `source`, None if nothing; `sample` is which record."""

    finding: Finding
    sample: str
    source: Any
    value: Any
    why: str = ""


@dataclass
class Attribute:
    """One target. `source` is where its line looks; without a line nothing fills it."""

    path: str
    source: str = ""
    has_line: bool = True
    is_required: bool = False
    counts: Counter[Finding] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)

    @property
    def is_missing(self) -> bool:
        """Required, and in no sample there; what waits for a row or a link may yet be."""
        has_any = self.counts["filled"] or self.counts["lost"] or self.counts["waits"]
        return self.is_required and not has_any and (not self.has_line or bool(self.counts))

    def note(self, example: Example) -> None:
        """A few of each kind."""
        self.counts[example.finding] += 1
        if self.counts[example.finding] <= MOST_EXAMPLES:
            self.examples.append(example)


def attributes_of(mapping: Mapping) -> dict[str, Attribute]:
    """Of each target, in the order of the lines."""
    found: dict[str, Attribute] = {}
    for path, line in lines_of(mapping.lines):
        one = found.setdefault(path, Attribute(path, line.source))
        one.is_required = one.is_required or line.required
    return found


def lines_of(lines: Sequence[Line], prefix: str = "") -> Iterator[tuple[str, Line]]:
    """Each with its whole path, as `lines[].sku`."""
    for line in lines:
        yield f"{prefix}{line.target}", line
        yield from lines_of(line.each, f"{prefix}{line.target}[].")


def examine(
    mapping: Mapping,
    record: Any,
    context: Context,
    found: dict[str, Attribute],
    *,
    check: Check,
    sample: str,
) -> None:
    """Note what each line makes of one record. Never raises."""
    _examine(mapping.lines, "", Here(context, record, record), found, check, sample)


def _examine(
    lines: Sequence[Line],
    prefix: str,
    here: Here,
    found: dict[str, Attribute],
    check: Check,
    sample: str,
) -> None:
    for line in lines:
        path = f"{prefix}{line.target}"
        one = found[path]
        source = None
        try:
            source = known_finder(line.source)(here.element)
            if line.each:
                one.note(_of_list(source, sample))
                for element in source if isinstance(source, list) else ():
                    inner = Here(here.context, here.record, element)
                    _examine(line.each, f"{path}[].", inner, found, check, sample)
            else:
                one.note(_of_value(path, line, source, here, check, sample))
        except Exception as error:
            one.note(Example(_finding_of(None, error), sample, source, None, str(error)[:300]))


def _of_list(source: Any, sample: str) -> Example:
    if source is not None and not isinstance(source, list):
        return Example("wrong_type", sample, source, None, "is not a list")
    return Example("filled" if source else "empty", sample, len(source or []), None)


def _of_value(path: str, line: Line, source: Any, here: Here, check: Check, sample: str) -> Example:
    value, lost = source, ""
    for step in line.steps:
        if value is None and not step.takes_none:
            continue
        before = value
        try:
            value = step.apply(value, here)
        except Exception as error:
            named = "" if isinstance(before, dict | list) else f"«{str(before)[:80]}» "
            why = f"{named}{str(error)[:200]} ({step.label})"
            return Example(_finding_of(step, error), sample, source, None, why)
        lost = lost or _loss(step, before, value)
    if is_empty(value):
        return Example("empty", sample, source, None)
    complaint = check(path, value)
    if complaint is not None:
        kind, why = complaint
        finding: Finding = "not_allowed" if kind == "not_allowed" else "wrong_type"
        return Example(finding, sample, source, value, why)
    return Example("lost" if lost else "filled", sample, source, value, lost)


def _finding_of(step: Step | None, error: Exception) -> Finding:
    if isinstance(error, MissingRow | MissingLink):
        return "waits"
    return "not_allowed" if step is not None and step.group == "Choices" else "wrong_type"


def _loss(step: Step, before: Any, after: Any) -> str:
    """Why what comes out says less than what went in; empty if it does not."""
    if isinstance(step, Fit):
        text, cut = str(before), str(after or "")
        return f"{len(text)} characters were cut to {len(cut)}" if len(cut) < len(text) else ""
    if isinstance(step, _EXACT) and _number(before) != _number(after):
        return f"{before} became {after}"
    return ""


def _number(value: Any) -> Decimal | None:
    try:
        return exact(value)
    except ValueError:
        return None
