"""YAML as people write it by hand, read without surprises, and written to be read.

Read are objects, lists, text, numbers, true, false and null (YAML 1.2's core): `no` is Norway and
no no, 2026-01-31 is text, and so is 0123. Anchors, aliases and tags are refused, and so is what
is too long, too deep or said twice. Each value knows its line.
"""

import math
import re
from collections.abc import Iterator
from typing import Any

import yaml

from flows.mapping.nodes import CodeInvalid, Node

MOST_BYTES, MOST_DEPTH, MOST_VALUES = 1_000_000, 40, 100_000
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = yaml.SafeDumper  # the one in C cannot write an object on one line

_WHOLE = re.compile(r"^-?(0|[1-9][0-9]{0,30})$")
_NUMBER = re.compile(
    r"^-?((0|[1-9][0-9]{0,30})(\.[0-9]{1,40})?|\.[0-9]{1,40})([eE][-+]?[0-9]{1,3})?$"
)
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


def read_yaml(text: str) -> Node:
    """Raises CodeInvalid."""
    if len(text) > MOST_BYTES:
        raise CodeInvalid(1, f"The text is longer than {MOST_BYTES // 1_000_000} MB.")
    try:
        return _build(_events(text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        why = error.problem or error.context or "It is not YAML"
        raise CodeInvalid(mark.line + 1 if mark else 1, f"{why}.") from error
    except yaml.reader.ReaderError as error:
        raise CodeInvalid(_line_of(text), "It has a character that text does not have.") from error
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise CodeInvalid(line, "It has a character that text does not have.") from error


_UNPRINTABLE = yaml.reader.Reader.NON_PRINTABLE


def _line_of(text: str) -> int:
    found = _UNPRINTABLE.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def _events(text: str) -> Iterator[Any]:
    """The parser's, without what is refused."""
    depth, documents = 0, 0
    found: Iterator[Any] = yaml.parse(text, Loader=_Loader)
    for number, event in enumerate(found):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise CodeInvalid(line, "Anchors and aliases (& and *) are not read; say it again.")
        if getattr(event, "tag", None):
            raise CodeInvalid(line, f"Tags as «{event.tag[:40]}» are not read.")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_DEPTH:
            raise CodeInvalid(line, f"It is nested more than {MOST_DEPTH} deep.")
        if number > MOST_VALUES:
            raise CodeInvalid(line, f"It has more than {MOST_VALUES} values.")
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            raise CodeInvalid(line, "A second document begins; there is to be one.")
        yield event


def _build(events: Iterator[Any]) -> Node:
    for event in events:
        if isinstance(event, yaml.NodeEvent):
            node = _node(event, events)
            for _ in events:  # what follows is refused where it must be
                pass
            return node
    raise CodeInvalid(1, "There is nothing in it.")


def _node(event: Any, events: Iterator[Any]) -> Node:
    line = event.start_mark.line + 1
    if isinstance(event, yaml.ScalarEvent):
        return Node(line, _scalar(event, line))
    if isinstance(event, yaml.SequenceStartEvent):
        found: list[Node] = []
        for one in events:
            if isinstance(one, yaml.SequenceEndEvent):
                break
            found.append(_node(one, events))
        return Node(line, found)
    return Node(line, _object(events))


def _object(events: Iterator[Any]) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for key in events:
        if isinstance(key, yaml.MappingEndEvent):
            break
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarEvent):
            raise CodeInvalid(line, "A name is to be text.")
        if key.value in found:
            first = found[key.value].line
            raise CodeInvalid(line, f"«{key.value[:80]}» is said twice, first in line {first}.")
        found[key.value] = _node(next(events), events)
    return found


def _scalar(event: Any, line: int) -> Any:
    text = event.value
    if not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        found = float(text)
        if not math.isfinite(found):
            raise CodeInvalid(line, f"{text[:40]} is too large a number.")
        return found
    return text


# --- Written ----------------------------------------------------------------------------------


class OnOneLine(dict[str, Any]):
    """Written as {a: 1, b: 2}."""


class ListOnOneLine(list[Any]):
    """Written as [a, b]."""


class _Writer(_Dumper):  # type: ignore[misc]
    """Quotes all that either YAML 1.1 or `read_yaml` would take for more than text."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
        return super().increase_indent(flow, False)


def _flat(writer: Any, data: Any) -> Any:
    return writer.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=True)


def _flat_list(writer: Any, data: Any) -> Any:
    return writer.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True)


# In single quotes some of these would come back as a space.
_BREAKS = re.compile("[^ -~\u00a0-\u2027\u202a-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def _text(writer: Any, data: str) -> Any:
    style = '"' if _BREAKS.search(data) else None
    return writer.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Writer.add_representer(str, _text)
_Writer.add_representer(OnOneLine, _flat)
_Writer.add_representer(ListOnOneLine, _flat_list)
_Writer.add_implicit_resolver("tag:yaml.org,2002:int", _WHOLE, None)
_Writer.add_implicit_resolver("tag:yaml.org,2002:float", _NUMBER, None)


def write_yaml(data: Any) -> str:
    return str(
        yaml.dump(
            data,
            Dumper=_Writer,
            sort_keys=False,
            allow_unicode=True,
            default_flow_style=False,
            width=100,
        )
    )
