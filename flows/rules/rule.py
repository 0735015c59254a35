"""A rule as data: when this holds of the standard record, then that is done with it."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

Text = Annotated[str, Meta(min_length=1, max_length=500)]
Attribute = Annotated[str, Meta(min_length=1, max_length=200)]
Operator = Literal[
    "is",
    "is_not",
    "one_of",
    "none_of",
    "contains",
    "starts_with",
    "above",
    "at_least",
    "below",
    "at_most",
    "is_empty",
    "is_filled",
]


class Part(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind"
):
    """A part of a rule; as data an object that says its `kind`."""


# --- When -----------------------------------------------------------------------------------


class Compare(Part, frozen=True, tag="compare"):
    """An attribute of the record beside a value: `total` above 500.

    `attribute` is JMESPath over the standard record. Where it gives a list (`lines[].sku`), the
    comparison must hold of `any` or of `every` element; of none, if the list is empty.
    """

    attribute: Attribute
    operator: Operator
    value: Any = None
    of: Literal["any", "every"] = "any"


class Cel(Part, frozen=True, tag="cel"):
    """An expression over `record`, with `row(table, key)` for lookup tables."""

    text: Annotated[str, Meta(min_length=1, max_length=1000)]


class AllOf(Part, frozen=True, tag="all"):
    """Every one of them holds; of none, always."""

    of: Annotated[tuple["Condition", ...], Meta(max_length=20)]


class AnyOf(Part, frozen=True, tag="any"):
    """One of them holds."""

    of: Annotated[tuple["Condition", ...], Meta(min_length=1, max_length=20)]


class Not(Part, frozen=True, tag="not"):
    of: "Condition"


Condition = Compare | Cel | AllOf | AnyOf | Not


# --- Then -----------------------------------------------------------------------------------


class Hold(Part, frozen=True, tag="hold"):
    """It waits for a person, who releases or rejects it."""

    reason: Text


class Reject(Part, frozen=True, tag="reject"):
    """It is not sent, and this is why."""

    reason: Text


class Route(Part, frozen=True, tag="route"):
    """It goes the way of another flow of the same stream, by its label, and not of this one."""

    flow: Annotated[str, Meta(min_length=1, max_length=120)]


class Set(Part, frozen=True, tag="set"):
    """An attribute gets a value, or what an expression in CEL gives.

    In `lines[].location` the expression is asked for each line, with `line` beside `record`.
    """

    attribute: Attribute
    value: Any | UnsetType = UNSET
    expression: Annotated[str, Meta(max_length=1000)] = ""


class Tag(Part, frozen=True, tag="tag"):
    """One more tag on the record."""

    tag: Annotated[str, Meta(min_length=1, max_length=100)]


class Split(Part, frozen=True, tag="split"):
    """The lines of which `where` holds go the way of another flow, the others stay.

    The condition is over one line, as `record`.
    """

    where: Condition
    flow: Annotated[str, Meta(min_length=1, max_length=120)]


class Notify(Part, frozen=True, tag="notify"):
    """People of the company are told; the record goes on."""

    message: Text
    role: Literal["owner", "admin", "integrator", "operator", "developer", "viewer"] = "operator"


Action = Hold | Reject | Route | Set | Tag | Split | Notify


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Rules are judged in their order; `hold`, `reject` and `route` end the judging."""

    name: Annotated[str, Meta(min_length=1, max_length=120)]
    when: Condition
    then: Annotated[tuple[Action, ...], Meta(min_length=1, max_length=10)]
    is_on: bool = True
