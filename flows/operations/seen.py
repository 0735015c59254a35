"""What a person saw of a delivery before they decided; if it changed, they decide anew."""

import hashlib

import msgspec
from django.utils.translation import gettext

from flows.models import Delivery
from flows.states import IllegalMove


class ChangedSince(IllegalMove):
    """The delivery is not as the page showed it: somebody, or Ekyam, was faster."""


def seen_of(one: Delivery) -> str:
    """Stays while nothing changes that a decision could hang on."""
    ended = one.finished_at.isoformat() if one.finished_at else ""
    said = [one.state, one.attempts_made, ended, one.waits_for, one.standard]
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:16]


def lock_as_seen(public_id: str, seen: str) -> Delivery:
    """The row, locked until the transaction ends. Raises DoesNotExist, and ChangedSince.

    Without `seen` it is whatever it is now.
    """
    pk = Delivery.get_public(public_id).pk
    row = Delivery.objects.select_for_update(of=("self",)).get(pk=pk)
    if seen and seen != seen_of(row):
        raise ChangedSince(gettext("It has changed since you looked at it, so nothing was done."))
    return row
