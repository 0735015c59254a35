"""A flow with its logic as readable YAML, and back to the same.

    label: Orders to the ERP
    source: {connector: shop, stream: orders}
    target: {connector: erp, action: create_order}
    reader:                           # absent: the connector's own
      - email <- customer.email       # target <- source
      - total <- total_price: [decimal, {fit: {length: 30}}]
      - line: lines <- line_items     # what has more to say
        required: true
        each:
          - sku <- sku
    rules:
      - name: COD above 500
        when:
          all:
            - {attribute: payment_terms, is: cod}
            - {attribute: total, above: 500}
        then:
          - hold: COD above 500

A step without parameters is its name. Whether the flow is on is no part of it.
"""

import re
from typing import Annotated, Any, get_args

import msgspec
from msgspec import Meta

from connectors.lines import Line, Mapping
from connectors.steps import AnyStep
from connectors.steps.paths import check_path
from flows.mapping.difference import Change, Difference, difference
from flows.mapping.logic import Logic
from flows.mapping.nodes import CodeInvalid, Node, converted
from flows.mapping.rules_code import read_rule, show_rule
from flows.mapping.yaml_text import ListOnOneLine, OnOneLine, read_yaml, write_yaml
from flows.rules.judge import RuleInvalid, compile_rules
from flows.rules.rule import Rule

Slug = Annotated[str, Meta(min_length=1, max_length=60)]


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    connector: Slug
    stream: Slug


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    connector: Slug
    action: Slug


class FlowCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A flow as code holds it."""

    label: Annotated[str, Meta(min_length=1, max_length=120)]
    source: Source
    target: Target
    logic: Logic = Logic()


def plan(
    current: FlowCode,
    imported: FlowCode,
    *,
    own_reader: Mapping | None = None,
    own_writer: Mapping | None = None,
) -> Difference:
    """What applying the imported one would change."""
    ends = [
        ("Label", current.label, imported.label),
        ("Source", _end(current.source), _end(imported.source)),
        ("Target", _end(current.target), _end(imported.target)),
    ]
    changes = [
        Change("flow", "changed", name, before, after)
        for name, before, after in ends
        if before != after
    ]
    own = {"own_reader": own_reader, "own_writer": own_writer}
    inside = difference(current.logic, imported.logic, **own)
    return Difference((*changes, *inside.changes))


def _end(end: Source | Target) -> str:
    return ", ".join(str(getattr(end, name)) for name in end.__struct_fields__)


# --- Written ----------------------------------------------------------------------------------


def write_code(flow: FlowCode, *, version: int | None = None) -> str:
    """`version`, that of its logic, is a comment."""
    logic = flow.logic
    blocks: list[tuple[str, dict[str, Any]]] = [
        ("", {"label": flow.label, "source": _flat(flow.source), "target": _flat(flow.target)}),
        ("# Source to standard: target <- source.", _lines("reader", logic.reader)),
        ("# Judged in this order, on the standard record.", _rules(logic)),
        ("# Standard to target: target <- source.", _lines("writer", logic.writer)),
    ]
    texts = [f"{about}\n{write_yaml(data)}".lstrip() for about, data in blocks if data]
    return "\n".join([*([f"# Version {version}\n"] if version else []), *texts])


def _flat(end: Source | Target) -> OnOneLine:
    return OnOneLine(msgspec.to_builtins(end))


def _lines(name: str, mapping: Mapping | None) -> dict[str, Any]:
    return {} if mapping is None else {name: [_show_line(line) for line in mapping.lines]}


def _rules(logic: Logic) -> dict[str, Any]:
    return {"rules": [show_rule(rule) for rule in logic.rules]} if logic.rules else {}


_SHORT_TARGET = re.compile(r"[\w.\-]+")
_LONGEST = 90


def _show_line(line: Line) -> Any:
    if not _SHORT_TARGET.fullmatch(line.target):
        ends: dict[str, Any] = {"target": line.target, "source": line.source}
    else:
        ends = {"line": f"{line.target} <- {line.source}" if line.source else f"{line.target} <-"}
    steps = ListOnOneLine(_show_step(step) for step in line.steps)
    short = ends.get("line", "")
    if short and len(short) <= _LONGEST and not line.each and not line.required:
        return {short: steps} if steps else short
    more: dict[str, Any] = {"steps": steps} if steps else {}
    if line.required:
        more["required"] = True
    if line.each:
        more["each"] = [_show_line(one) for one in line.each]
    return {**ends, **more}


def _show_step(step: AnyStep) -> Any:
    given = msgspec.to_builtins(step)
    kind = given.pop("step")
    return OnOneLine({kind: OnOneLine(given)}) if given else kind


# --- Read -------------------------------------------------------------------------------------

_HEAD = ("label", "source", "target")
_PARTS = (*_HEAD, "reader", "rules", "writer")


def read_code(text: str) -> FlowCode:
    """Raises CodeInvalid, with the line."""
    node = read_yaml(text)
    parts = node.object("A flow", _PARTS)
    for name in _HEAD:
        if name not in parts:
            raise CodeInvalid(node.line, f"The flow says no «{name}».")
    source, target = (
        converted(parts[name].plain(), kind, parts[name].line)
        for name, kind in (("source", Source), ("target", Target))
    )
    logic = {
        "reader": _read_mapping(parts.get("reader"), "The reader"),
        "rules": _read_rules(parts.get("rules")),
        "writer": _read_mapping(parts.get("writer"), "The writer"),
    }
    head = {"label": parts["label"].plain(), "source": source, "target": target}
    plain = msgspec.to_builtins({**head, "logic": logic})
    return converted(plain, FlowCode, node.line)


def _read_mapping(node: Node | None, what: str) -> dict[str, Any] | None:
    if node is None:
        return None
    return {"lines": [_read_line(one) for one in node.list(what)]}


def _read_line(node: Node) -> dict[str, Any]:
    """As data, of which is known that it is a line."""
    given = _expanded(node)
    each = given.pop("each", None)
    plain = {name: one.plain() for name, one in given.items() if name != "steps"}
    if "steps" in given:
        plain["steps"] = [_read_step(one) for one in given["steps"].list("«steps»")]
    line = converted(plain, Line, node.line)
    try:
        check_path(line.source)
    except ValueError as error:
        raise CodeInvalid(node.line, f"The source «{line.source[:80]}» {error}.") from error
    if each is None:
        return plain
    return {**plain, "each": [_read_line(one) for one in each.list("«each»")]}


_LINE = ("line", "target", "source", "steps", "required", "each")


def _expanded(node: Node) -> dict[str, Node]:
    """The fields of a line, whichever way it is written."""
    if isinstance(node.value, str):
        return _ends(node.value, node.line)
    if isinstance(node.value, dict) and len(node.value) == 1:
        name, steps = node.only("A line")
        if name not in _LINE:
            return {**_ends(name, node.line), "steps": steps}
    found = dict(node.object("A line", _LINE))
    short = found.pop("line", None)
    if short is None:
        return found
    if not isinstance(short.value, str) or "target" in found or "source" in found:
        raise CodeInvalid(short.line, "A line says «line», or «target» and «source».")
    return {**found, **_ends(short.value, short.line)}


def _ends(text: str, line: int) -> dict[str, Node]:
    target, arrow, source = text.partition(" <- ")
    if not arrow and text.endswith(" <-"):
        target, arrow = text.removesuffix(" <-"), "<-"
    if not arrow or not _SHORT_TARGET.fullmatch(target):
        raise CodeInvalid(line, f"«{text[:80]}» is no line, as «target <- source» is.")
    return {"target": Node(line, target), "source": Node(line, source)}


def _read_step(node: Node) -> dict[str, Any]:
    kind, given = node.value, {}
    if not isinstance(kind, str):
        kind, parameters = node.only("A step with parameters")
        given = parameters.object(f"What the step «{kind[:80]}» is given").copy()
    if kind not in _KINDS:
        raise CodeInvalid(node.line, f"There is no step «{kind[:80]}».")
    if "step" in given:
        raise CodeInvalid(node.line, f"The step «{kind}» has no «step».")
    plain = {"step": kind, **{name: one.plain() for name, one in given.items()}}
    step = converted(plain, _KINDS[kind], node.line)
    try:
        step.check()
    except ValueError as error:
        raise CodeInvalid(node.line, f"The step «{kind}»: it {error}.") from error
    return plain


_KINDS: dict[str, Any] = {str(one.__struct_config__.tag): one for one in get_args(AnyStep)}


def _read_rules(node: Node | None) -> tuple[Rule, ...]:
    nodes = node.list("«rules»") if node else []
    rules = [read_rule(one) for one in nodes]
    try:
        compile_rules(rules)
    except RuleInvalid as error:
        lines = {rule.name: one.line for rule, one in zip(rules, nodes, strict=True)}
        raise CodeInvalid(lines[error.rule], str(error)) from error
    return tuple(rules)
