"""What every record of the standard has."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

import msgspec

from connectors.errors import MappingFailed


class Part(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A piece of a record. Money and quantities are exact decimals, ids are text."""


class Parent(Part, frozen=True, kw_only=True):
    """`id` is the parent's in the source system, `reference` our own name of it if it is known."""

    resource: str
    id: str
    reference: str | None = None


class Record(Part, frozen=True, kw_only=True):
    """One record of one system.

    `id` is its id there, `reference` our own name of it when it carries one, `label` what people
    call it there (#1001, SO42), `updated_at` when it last changed there.
    """

    resource: ClassVar[str] = ""
    # What it is an aspect of: a shipment request is the order, seen by the warehouse.
    identity: ClassVar[str] = ""

    id: str
    reference: str | None = None
    label: str | None = None
    updated_at: datetime | None = None

    @classmethod
    def identified_as(cls) -> str:
        return cls.identity or cls.resource

    def parent(self) -> "Parent | None":
        """The record that this one belongs to, as a shipment does to its order."""
        return None

    def check(self) -> None:
        """Raise a MappingFailed for what types alone cannot say."""


def require(condition: bool, message: str, *, line: str, value: object = None) -> None:
    if not condition:
        raise MappingFailed(message, line=line, value=value)


ZERO = Decimal(0)
