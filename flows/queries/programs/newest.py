"""Lists from the newest to the oldest: an id grows with time, and with the tenant has an index."""

from typing import TypeVar

from django.db.models import Q, QuerySet

from ekyam import ids
from ekyam.tenants.models import TenantModel

Row = TypeVar("Row", bound=TenantModel)


def turn_page(found: QuerySet[Row], *, after: str, size: int) -> tuple[list[Row], str]:
    """The rows after that public id, and the id to go on after, empty on the last page."""
    if after:
        found = found.filter(pk__lt=ids.parse(found.model.prefix, after))
    rows = list(found.order_by("-pk")[: size + 1])
    return rows[:size], rows[size - 1].public_id if len(rows) > size else ""


def given(**conditions: object) -> Q:
    """Those that were given; None says nothing."""
    return Q(**{name: value for name, value in conditions.items() if value is not None})
