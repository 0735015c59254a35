"""Keeps how people like to look at orders: filters under a name."""

from collections.abc import Mapping
from typing import NamedTuple

from django.utils.translation import gettext

from ekyam.audit.record import record
from ekyam.tenants.models import User
from ekyam.tenants.scope import current_tenant_id
from flows.models import SavedView

LONGEST_NAME, MOST = 60, 50


class Kept(NamedTuple):
    row: SavedView
    was: SavedView | None  # what had this name until now


class ViewRefused(ValueError):
    """It cannot be kept; the message says why."""


def save_view(owner: User, name: str, filters: Mapping[str, str], *, is_shared: bool) -> Kept:
    """A view of that name which the person has already is changed. Raises ViewRefused."""
    name = " ".join(name.split())
    if not name:
        raise ViewRefused(gettext("Give the view a name."))
    if len(name) > LONGEST_NAME:
        raise ViewRefused(
            gettext("The name is longer than {longest_name} characters.").format(
                longest_name=LONGEST_NAME
            )
        )
    mine = SavedView.objects.filter(owner=owner)
    was = mine.filter(name=name).first()
    if was is None and mine.count() >= MOST:
        raise ViewRefused(
            gettext("You have {most} views already: remove one first.").format(most=MOST)
        )
    tenant_id = current_tenant_id()
    assert tenant_id is not None
    row, _ = SavedView.objects.update_or_create(
        tenant_id=tenant_id,
        owner=owner,
        name=name,
        defaults={"filters": dict(filters), "is_shared": is_shared},
    )
    after = {"filters": dict(filters), "shared": is_shared}
    record("view.saved", subject=row.public_id, label=name, after=after)
    return Kept(row, was)


def remove_view(row: SavedView) -> None:
    id_, before = row.public_id, {"filters": row.filters, "is_shared": row.is_shared}
    row.delete()
    record("view.removed", subject=id_, label=row.name, before=before)
