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


class Record(Part, frozen=True, kw_only=True):
    """One record of one system.

    `id` is its id there, `reference` our own name of it when it carries one, `label` what people
    call it there (#1001, SO42), `updated_at` when it last changed there.
    """

    resource: ClassVar[str] = ""

    id: str
    reference: str | None = None
    label: str | None = None
    updated_at: datetime | None = None

    def check(self) -> None:
        """Raise a MappingFailed for what types alone cannot say."""


def require(condition: bool, message: str, *, line: str, value: object = None) -> None:
    if not condition:
        raise MappingFailed(message, line=line, value=value)


ZERO = Decimal(0)
