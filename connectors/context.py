"""What a mapping or a plan may know of its surroundings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from connectors.errors import MissingLink


@dataclass(frozen=True)
class Context:
    """What a mapping or a plan may know of its surroundings.

    `reference` is our own name of the record, the same at every try and in every system.
    `find_link`, `find_row` and `find_rate(base, quote, day)` answer None when there is no such
    link, row or rate, and `find_available(sku)` None where nobody counts what may be sold.
    `is_known(id, version)`, for polls: this version of the record was read, and need not be read
    again. `known` is the quantity that the target holds as far as we know, None where we do not.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    reference: str = ""
    now: datetime | None = None
    record_id: str = ""  # this record's id in the target system, if it is linked already
    find_link: Callable[[str, str, str], str | None] = lambda resource, key, by: None
    find_row: Callable[[str, str], str | None] = lambda table, key: None
    find_rate: Callable[[str, str, date], Decimal | None] = lambda base, quote, day: None
    find_available: Callable[[str], Decimal | None] = lambda sku: None
    is_new: bool = False  # as far as we know the target has nothing of this record
    is_known: Callable[[str, str], bool] = lambda record_id, version: False
    known: Decimal | None = None

    def link(self, resource: str, key: str, by: Literal["id", "reference"] = "id") -> str:
        """The target's id of the record that the source calls `key`; else MissingLink."""
        found = self.find_link(resource, key, by)
        if found is None:
            raise MissingLink(resource, key, by=by)
        return found
