"""What kinds of steps there are, with their parameters, as they declare it themselves."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Literal, get_args

import msgspec
from msgspec import NODEFAULT
from msgspec import inspect as types

from connectors.steps import AnyStep, Step

Type = Literal[
    "text", "whole", "decimal", "boolean", "choice", "table", "list", "value", "expression"
]
_TYPES: tuple[tuple[type, Type], ...] = (
    (types.BoolType, "boolean"),
    (types.IntType, "whole"),
    (types.DecimalType, "decimal"),
    (types.FloatType, "decimal"),
    (types.LiteralType, "choice"),
    (types.DictType, "table"),
    (types.VarTupleType, "list"),
    (types.ListType, "list"),
    (types.StrType, "text"),
    (types.AnyType, "value"),
)


@dataclass(frozen=True)
class Parameter:
    """`least` and `most` are of a number itself, of a text or a list its length.

    `default` is what stands if it is left out; None also where that means «nothing».
    """

    name: str
    label: str
    help: str
    type: Type
    required: bool
    default: Any
    choices: tuple[str, ...]
    least: int | Decimal | None
    most: int | Decimal | None
    examples: tuple[Any, ...]


@dataclass(frozen=True)
class Kind:
    """One kind of step. `about` is its help, in sentences."""

    name: str
    label: str
    group: str
    about: str
    parameters: tuple[Parameter, ...]


@cache
def kinds() -> tuple[Kind, ...]:
    """By their groups, then by their labels."""
    found = [_kind(cls) for cls in get_args(AnyStep)]
    return tuple(sorted(found, key=lambda kind: (kind.group, kind.label.lower())))


@cache
def get_kind(name: str) -> Kind | None:
    return next((kind for kind in kinds() if kind.name == name), None)


def _kind(cls: type[Step]) -> Kind:
    about = " ".join((inspect.getdoc(cls) or "").split())
    tag = str(cls.__struct_config__.tag)
    return Kind(tag, cls.label, cls.group, about, parameters_of(cls))


def parameters_of(cls: type[msgspec.Struct]) -> tuple[Parameter, ...]:
    """What the fields of a declared struct are called and may hold."""
    declared = types.type_info(cls)
    assert isinstance(declared, types.StructType)
    return tuple(_parameter(field) for field in declared.fields)


def _parameter(field: types.Field) -> Parameter:
    words: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    plain = field.type
    while isinstance(plain, types.Metadata):
        words = {**(plain.extra_json_schema or {}), **words}
        extra = {**(plain.extra or {}), **extra}
        plain = plain.type
    plain = _without_unset(plain)
    least, most = _bounds(plain)
    return Parameter(
        name=field.name,
        label=words.get("title", field.name),
        help=words.get("description", ""),
        type=extra.get("type") or next(name for cls, name in _TYPES if isinstance(plain, cls)),
        required=field.required,
        default=_default(field),
        choices=tuple(map(str, plain.values)) if isinstance(plain, types.LiteralType) else (),
        least=least,
        most=most,
        examples=tuple(words.get("examples", ())),
    )


def _without_unset(plain: types.Type) -> types.Type:
    if isinstance(plain, types.UnionType):
        [plain] = [one for one in plain.types if not isinstance(one, types.NoneType)]
        return plain.type if isinstance(plain, types.Metadata) else plain
    return plain


def _bounds(plain: types.Type) -> Sequence[Any]:
    if isinstance(plain, types.IntType | types.FloatType):
        return plain.ge, plain.le
    if isinstance(plain, types.StrType | types.VarTupleType | types.ListType):
        return plain.min_length, plain.max_length
    return None, None


def _default(field: types.Field) -> Any:
    if field.default_factory is not NODEFAULT:
        return field.default_factory()
    return None if field.default in (NODEFAULT, msgspec.UNSET) else field.default
