"""Notes about a person in the audit log of each company that they belong to."""

from collections.abc import Mapping
from typing import Any

from django.core.mail import send_mail
from django.db import transaction

from ekyam.audit.actors import Actor, Kind, acting
from ekyam.audit.record import record
from ekyam.tenants.models import Membership, User
from ekyam.tenants.scope import tenant_scope, user_scope


def note_for_person(
    user: User, action: str, *, address: str = "", after: Mapping[str, Any] | None = None
) -> None:
    """Call it last in the transaction of what it tells of; `address` is where they did it from."""
    with transaction.atomic():
        actor = Actor(Kind.PERSON, user.public_id, user.email, address)
        with user_scope(user):
            # In one order, for each note waits for a lock of its company.
            rows = Membership.objects.filter(user=user).order_by("tenant_id")
            companies = list(rows.values_list("tenant_id", flat=True))
        for company in companies:
            with tenant_scope(company), acting(actor):
                record(action, subject=user.public_id, label=user.email, after=after)


def tell_person(user: User, subject: str, text: str) -> None:
    """A mail about their account, so that what somebody else did does not stay unseen.

    It goes out when the transaction is through; a mail server that is away stops nothing.
    """

    def send() -> None:
        send_mail(subject, text, None, [user.email], fail_silently=True)

    transaction.on_commit(send)
