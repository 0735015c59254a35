"""A standard record as plain data, with every attribute, and what a path may name in it."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import jmespath
import msgspec
from jmespath.functions import Functions
from jmespath.visitor import TreeInterpreter

from connectors.steps.paths import check_path as check_form

Find = Callable[[Any], Any]


class PathInvalid(ValueError):
    """The path is malformed, or names what the standard does not have; the text says which."""


def whole(value: Any) -> Any:
    """With what is empty, and with what is as by default: `status` is there though it is «open».

    Numbers stay exact and times stay times, in UTC where they say no offset; tuples become lists.
    """
    if isinstance(value, msgspec.Struct):
        return {
            name: part if type(part := getattr(value, name)) in _AS_THEY_ARE else whole(part)
            for name in value.__struct_fields__
        }
    if isinstance(value, list | tuple):
        return [whole(part) for part in value]
    if isinstance(value, dict):
        return {name: whole(part) for name, part in value.items()}
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


_AS_THEY_ARE = {type(None), str, bool, int, Decimal}  # most are: that is worth not asking


class _Functions(Functions):  # type: ignore[misc]
    """JMESPath's own, for which a decimal is a number too: sum(lines[].quantity) is exact."""

    def _get_allowed_pytypes(self, types: Any) -> tuple[list[str], list[list[str]]]:
        allowed, inside = super()._get_allowed_pytypes(types)
        return _with_decimals(allowed), [_with_decimals(one) for one in inside]


def _with_decimals(types: Iterable[str]) -> list[str]:
    found = list(types)
    return [*found, "Decimal"] if "float" in found else found


class _KeepsNone(TreeInterpreter):  # type: ignore[misc]
    """In `lines[].sku` a line without SKU counts: JMESPath by itself would leave it out."""

    def visit_projection(self, node: Any, value: Any) -> Any:
        base = self.visit(node["children"][0], value)
        if not isinstance(base, list):
            return None
        return [self.visit(node["children"][1], one) for one in base]

    def visit_filter_projection(self, node: Any, value: Any) -> Any:
        base = self.visit(node["children"][0], value)
        if not isinstance(base, list):
            return None
        _, shown, wanted = node["children"]
        chosen = [one for one in base if self._is_true(self.visit(wanted, one))]
        return [self.visit(shown, one) for one in chosen]


_OPTIONS = jmespath.Options(custom_functions=_Functions())


@lru_cache(maxsize=4096)
def find_by(path: str) -> Find:
    """Raises PathInvalid."""
    tree, interpreter = _parsed(path), _KeepsNone(_OPTIONS)
    return lambda record: interpreter.visit(tree, record)


@lru_cache(maxsize=4096)
def is_list_of(path: str) -> bool:
    """Whether the path goes through lists by itself, as `lines[].sku` does."""
    return any(node["type"].endswith("projection") for node in _nodes(_parsed(path)))


@lru_cache(maxsize=4096)
def check_path(path: str, record: type[msgspec.Struct]) -> None:
    """Raises PathInvalid for an attribute that no such record has."""
    _type_at(_parsed(path), msgspec.inspect.type_info(record), path)


@lru_cache(maxsize=4096)
def type_of(path: str, record: type[msgspec.Struct]) -> Any:
    """What each value is that the path gives, as msgspec.inspect says it, without the None that it
    may be and without the lists around it; None where that is not known. Raises PathInvalid."""
    tree = _parsed(path)
    if tree["type"] == "function_expression" and tree["value"] in _OF_NUMBERS:
        return msgspec.inspect.DecimalType()
    known = _filled(_type_at(tree, msgspec.inspect.type_info(record), path))
    while (element := _element(known)) is not None:
        known = _filled(element)
    return known


_OF_NUMBERS = ("abs", "avg", "ceil", "floor", "length", "sum", "to_number")


def _parsed(path: str) -> Any:
    try:
        check_form(path)
    except ValueError as error:
        raise PathInvalid(f"«{path[:80]}» {error}.") from error
    return jmespath.compile(path).parsed


def _nodes(tree: Any) -> list[Any]:
    found = [tree]
    for node in found:
        found += [child for child in node["children"] if isinstance(child, dict)]
    return found


_Type = Any  # of msgspec.inspect, or None where a function or a filter hides it


def _type_at(node: Any, known: _Type, path: str) -> _Type:
    kind, children = node["type"], node["children"]
    if kind == "field":
        return _attribute(node["value"], known, path)
    if kind == "current" or kind == "identity":
        return known
    if kind in ("subexpression", "index_expression"):
        for child in children:
            known = _type_at(child, known, path)
        return known
    if kind == "flatten":
        return _type_at(children[0], known, path)
    if kind == "index":
        return _element(known)
    if kind in ("projection", "filter_projection"):
        element = _element(_type_at(children[0], known, path))
        return msgspec.inspect.ListType(_type_at(children[1], element, path)) if element else None
    return None


def _attribute(name: str, known: _Type, path: str) -> _Type:
    known = _filled(known)
    if isinstance(known, msgspec.inspect.DictType):
        return known.value_type
    if not isinstance(known, msgspec.inspect.StructType):
        if known is None or isinstance(known, msgspec.inspect.AnyType):
            return None
        raise PathInvalid(f"«{path}»: {_said(known)} has no attributes, so no «{name}».")
    for field in known.fields:
        if field.name == name:
            return field.type
    raise PathInvalid(f"«{path}»: {_said(known)} has no attribute «{name}».")


def _element(known: _Type) -> _Type:
    known = _filled(known)
    if isinstance(known, msgspec.inspect.VarTupleType | msgspec.inspect.ListType):
        return known.item_type
    return None


def _filled(known: _Type) -> _Type:
    """Without the None that an attribute may be."""
    if not isinstance(known, msgspec.inspect.UnionType):
        return known
    types = [one for one in known.types if not isinstance(one, msgspec.inspect.NoneType)]
    return types[0] if len(types) == 1 else None


def _said(known: _Type) -> str:
    if isinstance(known, msgspec.inspect.StructType):
        return f"the standard's {known.cls.__name__}"
    return "a list" if _element(known) is not None else "one value"


def rounded(value: Decimal, places: int) -> Decimal:
    """Half up, as shops do."""
    return value.quantize(Decimal(1).scaleb(-places), "ROUND_HALF_UP")
