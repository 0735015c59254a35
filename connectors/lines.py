"""A mapping as data: the same for a connector's default and for a company's own."""

from typing import Annotated

import msgspec
from msgspec import Meta

from connectors.steps import AnyStep

Path = Annotated[str, Meta(max_length=1000)]


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """target <- source, through steps.

    `target` is a dotted attribute; `source` is JMESPath over the record. With `each`, the source
    is a list and every element becomes one entry by those lines. `required` fails on None, on white
    space, and on a list or object without anything in it.
    """

    target: Annotated[str, Meta(min_length=1, max_length=200)]
    source: Path = ""
    steps: Annotated[tuple[AnyStep, ...], Meta(max_length=30)] = ()
    each: tuple["Line", ...] = ()
    required: bool = False


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Vendor -> standard (reader), or standard -> vendor (writer)."""

    lines: Annotated[tuple[Line, ...], Meta(max_length=1000)]
