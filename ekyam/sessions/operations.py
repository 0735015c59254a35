"""Ending sessions. A session is a person's, in all their companies: to end it signs them out."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from ekyam import ids
from ekyam.audit.record import record
from ekyam.sessions.browsers import describe
from ekyam.sessions.models import Session
from ekyam.sessions.rows import end, live
from ekyam.tenants.models import Membership, User
from ekyam.tenants.scope import tenant_scope, user_scope


def end_own_session(user: User, public_id: str) -> str:
    """Return the browser's name; raise DoesNotExist alike for a wrong id and for another's."""
    with transaction.atomic():
        row = end_one(user, public_id)
        note_for_person(user, "session.ended", browser=describe(row.browser), address=row.address)
    return describe(row.browser)


def end_other_sessions(user: User, *, here: str) -> int:
    with transaction.atomic():
        ended = end(_live_of(user).exclude(id=ids.parse(Session.prefix, here)))
        if ended:
            note_for_person(user, "session.others_ended", count=ended)
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


def note_for_person(user: User, action: str, **told: str | int) -> None:
    """Into the audit log of each company of the person: it is theirs, and no single company's.

    By their ids, so that two of these never wait for each other in a ring.
    """
    with user_scope(user):
        tenants = sorted(Membership.objects.filter(user=user).values_list("tenant_id", flat=True))
    for tenant_id in tenants:
        with tenant_scope(tenant_id):
            record(action, subject=user.public_id, label=user.email, after=told or None)
