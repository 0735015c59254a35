"""Turn the lines of a mapping into a function from one record to another."""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import jmespath
import msgspec

from connectors.errors import Failure, MappingFailed
from connectors.lines import Line, Mapping
from connectors.spec import Context
from connectors.steps import Here

Apply = Callable[[Any, Context], dict[str, Any]]
Lines = Callable[[Here], dict[str, Any]]
_EMPTY: tuple[Any, ...] = (None, "")


def compile_mapping(mapping: Mapping) -> Apply:
    """The function that makes the target out of a source record; raises MappingFailed."""
    apply = _compile_lines(mapping.lines, "")
    return lambda source, context: apply(Here(context, source, source))


def _compile_lines(lines: Iterable[Line], prefix: str) -> Lines:
    compiled = [(*_place_of(line), _compile_line(line, prefix)) for line in lines]

    def apply(here: Here) -> dict[str, Any]:
        target: dict[str, Any] = {}
        for parents, name, read in compiled:
            value = read(here)
            if value is not None:
                place = target
                for parent in parents:
                    place = place.setdefault(parent, {})
                place[name] = value
        return target

    return apply


def _place_of(line: Line) -> tuple[list[str], str]:
    *parents, name = line.target.split(".")
    return parents, name


def _compile_line(line: Line, prefix: str) -> Callable[[Here], Any]:
    name = f"{prefix}{line.target}"
    find = finder(line.source)
    if line.each:
        return _compile_each(line, name, find)
    steps = [(step, step.apply, step.takes_none) for step in line.steps]
    required = line.required

    def read(here: Here) -> Any:
        value = find(here.element)
        for number, (step, apply, takes_none) in enumerate(steps, 1):
            if value is None and not takes_none:
                continue
            try:
                value = apply(value, here)
            except Failure:
                raise
            except Exception as error:
                raise MappingFailed(
                    f"{name}: {_show(value)} {error} (step {number}, {step.label}).",
                    line=name,
                    step=number,
                    value=value,
                ) from error
        if required and value in _EMPTY:
            raise MappingFailed(f"{name} is required, but {line.source} is empty.", line=name)
        return value

    return read


_PLAIN_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


def finder(path: str) -> Callable[[Any], Any]:
    """What finds `path` in a record. Most paths only go down: those need no interpreter."""
    if not path:
        return lambda source: None
    if path == "@":
        return lambda source: source
    if not _PLAIN_PATH.fullmatch(path):
        search: Callable[[Any], Any] = jmespath.compile(path).search
        return search
    first, *rest = path.split(".")
    if not rest:
        return lambda source: source.get(first) if isinstance(source, dict) else None

    def find(source: Any) -> Any:
        value = source.get(first) if isinstance(source, dict) else None
        for name in rest:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    return find


def _compile_each(line: Line, name: str, find: Any) -> Callable[[Here], Any]:
    inner = _compile_lines(line.each, f"{name}[].")

    def read(here: Here) -> list[dict[str, Any]]:
        found = find(here.element)
        if found is None:
            return []
        if not isinstance(found, list):
            raise MappingFailed(f"{name}: {line.source} is not a list.", line=name, value=found)
        return [inner(Here(here.context, here.record, element)) for element in found]

    return read


def _show(value: Any) -> str:
    return f"«{str(value)[:80]}»"


def to_plain(record: msgspec.Struct) -> Any:
    """The record as dicts and lists, with decimals kept exact, for a writer to read."""
    return _with_lists(msgspec.to_builtins(record, builtin_types=(Decimal,)))


_NESTED = (dict, list, tuple)


def _with_lists(value: Any) -> Any:
    """Tuples as lists: JMESPath projects over nothing else."""
    if isinstance(value, dict):
        return {
            name: _with_lists(part) if isinstance(part, _NESTED) else part
            for name, part in value.items()
        }
    return [_with_lists(part) for part in value] if isinstance(value, _NESTED) else value
