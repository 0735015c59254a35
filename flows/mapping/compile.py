"""Turn the lines of a mapping into a function from one record to another."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import msgspec

from connectors.errors import Failure, MappingFailed, shown
from connectors.lines import Line, Mapping
from connectors.spec import Context
from connectors.steps import Here, Step
from connectors.steps.numbers import finite
from connectors.steps.paths import Find
from connectors.steps.paths import finder as finder

Apply = Callable[[Any, Context], dict[str, Any]]
Lines = Callable[[Here], dict[str, Any]]
Read = Callable[[Here], Any]


def compile_mapping(mapping: Mapping) -> Apply:
    """The function that makes the target out of a source record; raises MappingFailed, or the
    Failure of a step, and nothing else."""
    apply = _compile_lines(mapping.lines, "")
    return lambda source, context: apply(Here(context, source, source))


def _compile_lines(lines: Iterable[Line], prefix: str) -> Lines:
    compiled = [(*_place_of(line), compile_line(line, prefix)) for line in lines]

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


def compile_line(line: Line, prefix: str = "") -> Read:
    """What reads one line; raises as `compile_mapping` says."""
    name = f"{prefix}{line.target}"
    find = finder(line.source)
    if line.each:
        return _compile_each(line, name, find)
    steps = [(step, step.apply, step.takes_none) for step in line.steps]
    required, source = line.required, line.source

    def read(here: Here) -> Any:
        try:
            value = given = find(here.element)
        except Exception as error:
            raise _path_failed(name, source, error) from error
        for number, (step, apply, takes_none) in enumerate(steps, 1):
            if value is None and not takes_none:
                continue
            try:
                value = apply(value, here)
            except Failure:
                raise
            except Exception as error:
                raise _step_failed(name, number, step, value, error) from error
        if required and is_empty(value):
            raise MappingFailed(_blank(name, source, given), line=name, value=value)
        if not finite(value):
            raise MappingFailed(f"{name}: {value} is not a number.", line=name, value=value)
        return value

    return read


def is_empty(value: Any) -> bool:
    """What a required attribute must not be: nothing, white space, or a list or object without
    anything in it. 0 and «no» are something."""
    return value is None or (isinstance(value, str | list | tuple | dict) and _has_nothing(value))


def _has_nothing(value: Any) -> bool:
    return not value or (isinstance(value, str) and value.isspace())


def _blank(name: str, source: str, given: Any = None) -> str:
    if source and not is_empty(given):
        return f"{name} is required, but nothing comes of what {source} holds."
    return f"{name} is required, but {source or 'its value'} is empty."


def _path_failed(name: str, source: str, error: Exception) -> MappingFailed:
    reason = "the record is nested too deeply" if isinstance(error, RecursionError) else str(error)
    return MappingFailed(
        f"{name}: {source} cannot be read here: {shown(reason, 200).rstrip('.')}.", line=name
    )


def _step_failed(name: str, number: int, step: Step, value: Any, error: Exception) -> MappingFailed:
    """A ValueError's words are for people; other exceptions are named by their kind."""
    reason = (
        str(error)
        if isinstance(error, ValueError)
        else f"is not what the step can take: {type(error).__name__} {shown(str(error))}"
    )
    return MappingFailed(
        f"{name}: «{shown(value)}» {shown(reason, 200).rstrip('.')} (step {number}, {step.label}).",
        line=name,
        step=number,
        value=value,
    )


def _compile_each(line: Line, name: str, find: Find) -> Read:
    inner = _compile_lines(line.each, f"{name}[].")
    required, source = line.required, line.source

    def read(here: Here) -> list[dict[str, Any]]:
        try:
            found = find(here.element)
        except Exception as error:
            raise _path_failed(name, source, error) from error
        if required and not found:
            raise MappingFailed(_blank(name, source), line=name, value=found)
        if found is None:
            return []
        if not isinstance(found, list):
            raise MappingFailed(
                f"{name}: {source} is «{shown(found)}», which is not a list.",
                line=name,
                value=found,
            )
        return [inner(Here(here.context, here.record, element)) for element in found]

    return read


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
