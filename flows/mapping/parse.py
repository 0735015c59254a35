"""Read a mapping, or a flow's whole logic, out of data, and say all that is wrong with it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from connectors.lines import Line, Mapping
from connectors.standard import resources
from connectors.standard.attributes import AttributeUnknown, element_of, type_below
from connectors.steps import AnyStep, Step
from connectors.steps.paths import check_path
from flows.mapping.complaints import in_words
from flows.mapping.logic import Logic
from flows.rules.check import faults_of
from flows.rules.rule import Rule

T = TypeVar("T")
MOST_BYTES, MOST_DEPTH, MOST_LINES = 1_000_000, 4, 1000
_TARGET = re.compile(r"[A-Za-z_@][\w@:-]*(\.[A-Za-z_@][\w@:-]*)*", re.ASCII)


@dataclass(frozen=True, order=True)
class Problem:
    """`place` is for people: «line 3 «total», step 2 «fit»»; "" is the whole."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class LogicInvalid(ValueError):
    """The data is no mapping or no logic; `problems` are all that was found, and where."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(" ".join(f"{problem}." for problem in problems))
        self.problems = problems


def parse_mapping(data: Any, *, resource: str = "") -> Mapping:
    """The mapping that the data says. A reader names the `resource` that it makes: its targets
    must be attributes of that. Raises LogicInvalid."""
    reading = _Reading()
    found = reading.mapping(data, "", resource)
    return reading.whole(found, Mapping)


def parse_logic(data: Any, *, resource: str = "") -> Logic:
    """As parse_mapping, of reader, rules and writer; `resource` is what the reader makes, and what
    rules may set. Raises LogicInvalid."""
    reading = _Reading()
    found = reading.logic(data, resource)
    return reading.whole(found, Logic)


@dataclass
class _Reading:
    """One go over the data; what is wrong is noted, and the rest is read on."""

    problems: list[Problem] = field(default_factory=list)

    def note(self, place: str, message: str) -> None:
        self.problems.append(Problem(place, message))

    def whole(self, found: T | None, kind: type[T]) -> T:
        """What was read, if it can be kept as JSON and comes back the same."""
        if found is not None and not self.problems:
            try:
                kept = msgspec.json.encode(found)
                if len(kept) > MOST_BYTES:
                    self.note("", f"it is larger than {MOST_BYTES // 1_000_000} MB")
                elif msgspec.json.decode(kept, type=kind) != found:
                    self.note("", "it holds a value that JSON cannot keep, such as a NaN or a date")
            except (RecursionError, TypeError, ValueError):
                self.note("", "it holds a value that JSON cannot keep, or nests too deeply")
        if self.problems or found is None:
            raise LogicInvalid(self.problems)
        return found

    def convert(self, data: Any, kind: Any, place: str) -> Any | None:
        try:
            return msgspec.convert(data, kind, strict=True)
        except (msgspec.ValidationError, RecursionError) as error:
            self.note(place, in_words(error, data))
            return None

    def check(self, place: str, check: Callable[[], None]) -> None:
        try:
            check()
        except ValueError as error:
            message = str(error).rstrip(".")
            self.note(place, f"it {message}" if message[:1].islower() else message)

    # --- Mappings ---------------------------------------------------------------------------

    def mapping(self, data: Any, start: str, resource: str) -> Mapping | None:
        if not isinstance(data, dict) or not isinstance(data.get("lines"), list | tuple):
            self.note(start, "a mapping is an object with a list of «lines»")
            return None
        for name in data.keys() - {"lines"}:
            self.note(start, f"«{name}» is nothing that a mapping has")
        within = resources()[resource] if resource else None
        lines = self.lines(data["lines"], f"{start}, " if start else "", within, 0)
        return None if lines is None else Mapping(lines)

    def lines(self, data: Any, start: str, within: Any, depth: int) -> tuple[Line, ...] | None:
        if depth > MOST_DEPTH or len(data) > MOST_LINES:
            what = f"{MOST_DEPTH} lists deep" if depth > MOST_DEPTH else f"{MOST_LINES} lines"
            self.note(start.removesuffix(", its ").removesuffix(", "), f"it is more than {what}")
            return None
        found = [
            self.line(one, f"{start}line {number}{_named(one, 'target')}", within, depth)
            for number, one in enumerate(data, 1)
        ]
        self.note_doubles(
            [line for line in found if line], start.removesuffix(", its ").removesuffix(", ")
        )
        return tuple(line for line in found if line)

    def note_doubles(self, lines: list[Line], place: str) -> None:
        """An attribute that is given twice, or once as a whole and once in parts."""
        targets = [line.target for line in lines]
        for number, target in enumerate(targets):
            if target in targets[:number]:
                self.note(place, f"«{target}» is the target of two lines")
            if any(other.startswith(f"{target}.") for other in targets):
                self.note(place, f"«{target}» is given as a whole and in parts")

    def line(self, data: Any, place: str, within: Any, depth: int) -> Line | None:
        if not isinstance(data, dict):
            self.note(place, "a line is an object with a target and a source")
            return None
        shell = {name: part for name, part in data.items() if name not in ("steps", "each")}
        line: Line | None = self.convert(shell, Line, place)
        steps = self.steps(data.get("steps", ()), place)
        inner: tuple[Line, ...] | None = ()
        given = data.get("each", ())
        if line is not None:
            self.check(place, lambda: _check_source(line.source))
            found = self.target(line, bool(given), place, within)
            inner = self.each(given, steps, place, found, depth)
        if line is None or steps is None or inner is None:
            return None
        return msgspec.structs.replace(line, steps=steps, each=inner)

    def each(
        self, given: Any, steps: Any, place: str, within: Any, depth: int
    ) -> tuple[Line, ...] | None:
        if not isinstance(given, list | tuple):
            self.note(place, "«each» is a list of lines")
            return None
        if given and steps:
            self.note(place, "it has lines for each element, and steps; steps go on those lines")
        return self.lines(given, f"{place}, its ", within, depth + 1) if given else ()

    def target(self, line: Line, has_each: bool, place: str, within: Any) -> Any | None:
        """Notes a target that is none; what the lines of each element may fill, if it is known."""
        if not _TARGET.fullmatch(line.target):
            self.note(place, f"«{line.target[:80]}» is no name of an attribute")
            return None
        if within is None:
            return None
        try:
            found = type_below(within, line.target)
        except AttributeUnknown as error:
            self.note(place, str(error))
            return None
        if has_each and element_of(found) is None:
            self.note(place, f"«{line.target}» is no list, but has lines for each element")
        return element_of(found)

    def steps(self, data: Any, place: str) -> tuple[Step, ...] | None:
        if not isinstance(data, list | tuple) or len(data) > 30:
            self.note(place, "«steps» is a list of at most 30 steps")
            return None
        found: list[Step | None] = []
        for number, one in enumerate(data, 1):
            where = f"{place}, step {number}{_named(one, 'step')}"
            step = self.convert(one, AnyStep, where)
            if step is not None:
                self.check(where, step.check)
            found.append(step)
        return None if None in found else tuple(step for step in found if step)

    # --- Logic --------------------------------------------------------------------------------

    def logic(self, data: Any, resource: str) -> Logic | None:
        if not isinstance(data, dict):
            self.note("", "a logic is an object with a reader, rules and a writer")
            return None
        for name in data.keys() - {"reader", "rules", "writer"}:
            self.note("", f"«{name}» is nothing that a logic has")
        reader, writer = data.get("reader"), data.get("writer")
        return Logic(
            reader=None if reader is None else self.mapping(reader, "reader", resource),
            rules=self.rules(data.get("rules", ()), resource),
            writer=None if writer is None else self.mapping(writer, "writer", ""),
        )

    def rules(self, data: Any, resource: str) -> tuple[Rule, ...]:
        if not isinstance(data, list | tuple) or len(data) > 100:
            self.note("rules", "«rules» is a list of at most 100 rules")
            return ()
        found = []
        for number, one in enumerate(data, 1):
            place = f"rule {number}{_named(one, 'name')}"
            rule = self.convert(one, Rule, place)
            if rule is not None:
                for where, message in faults_of(rule, resource):
                    self.note(f"{place}, {where}", message)
                found.append(rule)
        names = [rule.name for rule in found]
        for name in sorted({name for name in names if names.count(name) > 1}):
            self.note("rules", f"two rules are called «{name}»")
        return tuple(found)


def _named(data: Any, name: str) -> str:
    given = data.get(name) if isinstance(data, dict) else None
    return f" «{given[:60]}»" if isinstance(given, str) and given else ""


def _check_source(source: str) -> None:
    try:
        check_path(source)
    except ValueError as error:
        raise ValueError(f"The path «{source[:80]}» {error}") from error
