"""A place that holds stock: a warehouse, a shop, a zone."""

from typing import ClassVar

from connectors.standard.record import Record


class Location(Record, frozen=True, kw_only=True):
    """`label` is its name there. At one that is not active nothing can be sold."""

    resource: ClassVar[str] = "location"

    is_active: bool = True


RECORD = Location
