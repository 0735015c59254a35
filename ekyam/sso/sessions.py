"""Ends what was begun by a password, when a company wants its provider alone."""

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


def _bound_people(provider: IdentityProvider) -> list[User]:
    """All of its domains' members but the one of last resort, who has a way in of their own."""
    domains = set(provider.domains.values_list("domain", flat=True))
    members = Membership.objects.select_related("user")
    return [
        one.user
        for one in members
        if one.user.email.rpartition("@")[2] in domains and one.pk != provider.last_resort_id
    ]
