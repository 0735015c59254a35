"""Ends what was begun by a password, when a company wants its provider alone."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY as USER_KEY
from django.utils import timezone

from ekyam.sso.enforcement import COMPANY_KEY
from ekyam.sso.models import IdentityProvider
from ekyam.tenants.models import Membership


def end_password_sessions(provider: IdentityProvider) -> int:
    """End the sessions of the members who must use it now; return how many. Needs the scope.

    Every open session is looked at: seldom done, and Django keeps no list by person.
    """
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore
    bound = _bound_people(provider)
    ended = 0
    rows = store.get_model_class().objects.filter(expire_date__gt=timezone.now())
    for row in rows.iterator(chunk_size=500):
        held = row.get_decoded()
        came_by_provider = held.get(COMPANY_KEY) == str(provider.tenant_id)
        if held.get(USER_KEY) in bound and not came_by_provider:
            store(row.session_key).delete()
            ended += 1
    return ended


def _bound_people(provider: IdentityProvider) -> set[str]:
    """All of its domains' members but the one of last resort, who has a way in of their own."""
    domains = set(provider.domains.values_list("domain", flat=True))
    members = Membership.objects.select_related("user")
    return {
        str(one.user_id)
        for one in members
        if one.user.email.rpartition("@")[2] in domains and one.pk != provider.last_resort_id
    }
