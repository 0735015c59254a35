"""The form of one line of a mapping, made of what the kinds of steps declare; and read back."""

import json
import re
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from typing import Any

import msgspec

from connectors.lines import Line
from connectors.steps.kinds import Kind, Parameter, get_kind, kinds
from flows.mapping.parse import Problem

MOST_STEPS = 30
_NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,30})?")
_STEP = re.compile(r"step (\d+)")


@dataclass(frozen=True)
class Input:
    """One parameter as a form shows it; `text` is what stands in it."""

    name: str
    parameter: Parameter
    text: str

    @property
    def is_on(self) -> bool:
        return self.text == "true"

    @property
    def example(self) -> str:
        return show_value(self.parameter, self.parameter.examples[0]) if self.examples else ""

    @property
    def examples(self) -> tuple[Any, ...]:
        return self.parameter.examples


@dataclass(frozen=True)
class StepForm:
    number: int  # from 1
    kind: Kind
    inputs: list[Input]
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class LineForm:
    """`errors` are of the line as a whole."""

    target: str
    source: str
    required: bool
    steps: list[StepForm]
    has_each: bool = False
    errors: list[str] = field(default_factory=list)


def kinds_by_group() -> list[tuple[str, list[Kind]]]:
    found: dict[str, list[Kind]] = {}
    for kind in kinds():
        found.setdefault(kind.group, []).append(kind)
    return list(found.items())


def show_line(line: Any, problems: list[Problem] | None = None) -> LineForm:
    """Of a line as data. A step of an unknown kind is left out: no form could show it."""
    by_step: dict[int, list[str]] = {}
    for problem in problems or ():
        step = _STEP.search(problem.place.rpartition(", ")[2])
        message = problem.message[:1].upper() + problem.message[1:]
        by_step.setdefault(int(step[1]) if step else 0, []).append(f"{message}.")
    steps = []
    for number, given in enumerate(line.get("steps", ()), 1):
        kind = get_kind(given.get("step", ""))
        if kind is not None:
            inputs = [_input(number, one, given) for one in kind.parameters]
            steps.append(StepForm(number, kind, inputs, by_step.get(number, [])))
    return LineForm(
        target=line.get("target", ""),
        source=line.get("source", ""),
        required=bool(line.get("required")),
        steps=steps,
        has_each=bool(line.get("each")),
        errors=by_step.get(0, []),
    )


def _input(number: int, parameter: Parameter, given: MappingOf[str, Any]) -> Input:
    name = f"step-{number}-{parameter.name}"
    if parameter.name in given and parameter.type == "value":
        return Input(name, parameter, _show_any(given[parameter.name]))
    value = given.get(parameter.name, parameter.default)
    return Input(name, parameter, show_value(parameter, value))


def show_value(parameter: Parameter, value: Any) -> str:
    """As it is written into the form; `read_value` makes the same of it again."""
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value).lower()
    if parameter.type == "table":
        return "\n".join(f"{key} = {_show_any(one)}" for key, one in dict(value).items())
    if parameter.type == "list":
        return "\n".join(str(one) for one in value)
    return _show_any(value) if parameter.type == "value" else str(value)


def _show_any(value: Any) -> str:
    if isinstance(value, str) and value and _read_any(value) == value:
        return value
    return msgspec.json.encode(value).decode()


def _read_any(text: str) -> Any:
    """Numbers, true, false, null, lists and objects as JSON has them, text in quotation marks as
    it is; anything else is text."""
    is_json = text[:1] in ('"', "[", "{") or text in ("true", "false", "null")
    if is_json or _NUMBER.fullmatch(text):
        try:
            return json.loads(text, parse_constant=lambda word: word)
        except (ValueError, RecursionError):
            return text
    return text


def read_line(form: MappingOf[str, Any], each: Any = ()) -> dict[str, Any]:
    """The line as data; what is wrong with it is for `parse_logic` to say."""
    found: dict[str, Any] = {
        "target": form.get("target", "").strip(),
        "source": form.get("source", "").strip(),
    }
    if form.get("required"):
        found["required"] = True
    steps = [one for number in range(1, MOST_STEPS + 1) if (one := _read_step(form, number))]
    if steps:
        found["steps"] = steps
    if each:
        found["each"] = each
    return found


def _read_step(form: MappingOf[str, Any], number: int) -> dict[str, Any] | None:
    kind = get_kind(form.get(f"step-{number}", ""))
    if kind is None:
        return None
    found: dict[str, Any] = {"step": kind.name}
    for parameter in kind.parameters:
        text = form.get(f"step-{number}-{parameter.name}", "")
        if parameter.type == "boolean":
            found |= {parameter.name: True} if text else {}
        elif text != "" or _may_be_blank(parameter):
            found[parameter.name] = read_value(parameter, text)
    # What is as by default goes without saying.
    given = {p.name: p.default for p in kind.parameters if not p.required}
    return {
        name: value
        for name, value in found.items()
        if name not in given or value != given[name] or given[name] is None
    }


def _may_be_blank(parameter: Parameter) -> bool:
    """Whether nothing in the field is an empty text, and not what stands if it is left out."""
    if parameter.type not in ("text", "expression"):
        return False
    return parameter.required or bool(parameter.default and not parameter.least)


def read_value(parameter: Parameter, text: str) -> Any:
    text = text.replace("\r\n", "\n")
    if parameter.type in ("whole", "decimal") and _NUMBER.fullmatch(text.strip()):
        return float(text) if "." in text else int(text)
    if parameter.type == "table":
        pairs = (line.partition("=") for line in text.split("\n") if line.strip())
        return {key.strip(): _read_any(value.strip()) for key, _, value in pairs}
    if parameter.type == "list":
        return [line.strip() for line in text.split("\n")]
    return _read_any(text) if parameter.type == "value" else text


def reshape(line: dict[str, Any], do: str) -> dict[str, Any]:
    """«add:fit», «up:2», «down:2», «remove:2»: the line with its steps changed so."""
    what, _, which = do.partition(":")
    steps = list(line.get("steps", ()))
    if what == "add" and get_kind(which) and len(steps) < MOST_STEPS:
        steps.append({"step": which})
    elif which.isascii() and which.isdigit() and 1 <= int(which[:3]) <= len(steps):
        at = int(which[:3]) - 1
        one = steps.pop(at)
        if what in ("up", "down"):
            steps.insert(max(0, at - 1) if what == "up" else at + 1, one)
    return {**line, "steps": steps}


def as_data(line: Line | None) -> dict[str, Any]:
    return dict(msgspec.to_builtins(line)) if line else {"target": "", "source": ""}
