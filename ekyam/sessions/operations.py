"""Ending sessions. A session is a person's, in all their companies: to end it signs them out."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from ekyam import ids
from ekyam.people.notes import note_for_person
from ekyam.sessions.browsers import describe
from ekyam.sessions.models import Session
from ekyam.sessions.rows import end, live
from ekyam.tenants.models import User


def end_own_session(user: User, public_id: str, *, address: str) -> str:
    """Return the browser's name; `address` is where it was asked from.

    Raises DoesNotExist, alike for a wrong id and for another's.
    """
    with transaction.atomic():
        row = end_one(user, public_id)
        after = {"browser": describe(row.browser), "address": row.address}
        note_for_person(user, "session.ended", address=address, after=after)
    return describe(row.browser)


def end_other_sessions(user: User, *, here: str, address: str) -> int:
    with transaction.atomic():
        ended = end(_live_of(user).exclude(id=ids.parse(Session.prefix, here)))
        if ended:
            after = {"count": ended}
            note_for_person(user, "session.others_ended", address=address, after=after)
    return ended


def end_one(user: User, public_id: str) -> Session:
    """Unrecorded: who calls it says it to the audit log that it concerns."""
    try:
        id_ = ids.parse(Session.prefix, public_id)
    except ids.UnknownId as error:
        raise Session.DoesNotExist(str(error)) from error
    row = _live_of(user).get(id=id_)
    end(Session.objects.filter(pk=row.pk))
    return row


def end_all(user: User) -> int:
    """Unrecorded: for an account that is shut, a password that is lost, a device that is gone."""
    return end(_live_of(user))


def _live_of(user: User) -> QuerySet[Session]:
    return live(timezone.now()).filter(user=user)
