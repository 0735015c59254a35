"""Ends what was begun by a password, when a company wants its provider alone; and what was begun
by a provider that vouches no more."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.utils import timezone

from ekyam.people.standing import PROVIDER
from ekyam.sessions.models import Session
from ekyam.sessions.rows import end, live
from ekyam.sso.models import IdentityProvider
from ekyam.tenants.models import Membership, User


def end_password_sessions(provider: IdentityProvider) -> int:
    """End the sessions of the members who must use it now; return how many. Needs the scope."""
    rows = live(timezone.now()).filter(user__in=_bound_people(provider))
    past = [row.pk for row in rows if row.read().get(PROVIDER) != str(provider.tenant_id)]
    return end(Session.objects.filter(pk__in=past))


def end_provider_sessions(provider: IdentityProvider, people: Iterable[UUID]) -> int:
    """End those of these people (by their ids) in which this provider has vouched for them."""
    rows = live(timezone.now()).filter(user__in=people)
    theirs = [row.pk for row in rows if has_vouched(provider, row.read())]
    return end(Session.objects.filter(pk__in=theirs))


def has_vouched(provider: IdentityProvider, session: Any) -> bool:
    """Whether this provider has signed somebody in to the session, or to what is read of one."""
    methods = session.get(AUTHENTICATION_METHODS_SESSION_KEY) or []
    by = {one.get("provider") for one in methods}
    return bool(session.get(PROVIDER)) and provider.public_id in by


def _bound_people(provider: IdentityProvider) -> list[User]:
    """All of its domains' members but the one of last resort, who has a way in of their own."""
    domains = set(provider.domains.values_list("domain", flat=True))
    members = Membership.objects.select_related("user")
    return [
        one.user
        for one in members
        if one.user.email.rpartition("@")[2] in domains and one.pk != provider.last_resort_id
    ]
