"""Where a company wants single sign-on alone: passwords are refused, but for its last resort."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.hashers import make_password
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from ekyam.addresses import address_of
from ekyam.audit.actors import Actor, Kind, acting
from ekyam.audit.record import record
from ekyam.people.standing import PROVIDER, voucher
from ekyam.people.ways import list_factors
from ekyam.sso.models import IdentityProvider
from ekyam.sso.routing import find_provider_for
from ekyam.tenants.models import Membership, Role, User
from ekyam.tenants.scope import tenant_scope


class PasswordGuard:
    """The first of the authentication backends. It lets nobody in; it stops the others.

    So every door that takes a password is guarded, whoever writes it.
    """

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        name = credentials.get("email") or credentials.get("username") or credentials.get("login")
        if not isinstance(name, str) or "password" not in credentials:
            return
        provider = find_provider_for(name)
        if provider is None or not provider.is_required:
            return
        user = User.objects.filter(email=name.strip().lower()).first()
        if user is not None and must_use(user, provider) and not is_last_resort(user, provider):
            make_password(credentials["password"])  # as long as a wrong one takes
            raise PermissionDenied


def required_provider(user: User) -> IdentityProvider | None:
    """The provider that this person must come through, if there is one."""
    provider = find_provider_for(user.email)
    if provider is None or not provider.is_required or not must_use(user, provider):
        return None
    return provider


def must_use(user: User, provider: IdentityProvider) -> bool:
    """Only the company's own members: their domain does not bind the people of others."""
    with tenant_scope(provider.tenant_id):
        return Membership.objects.filter(user=user).exists()


def is_last_resort(user: User, provider: IdentityProvider) -> bool:
    """The owner who was named, as long as they are one and have a second factor."""
    if provider.last_resort_id is None:
        return False
    with tenant_scope(provider.tenant_id):
        named = Membership.objects.filter(
            pk=provider.last_resort_id, user=user, role=Role.OWNER
        ).exists()
    return named and has_second_factor(user)


def has_second_factor(user: User) -> bool:
    """Whether a password alone does not let them in."""
    return bool(list_factors(user))


def look_once_more(sender: Any, *, request: HttpRequest, user: User, **more: Any) -> None:
    """The second lock, at the end of every way in: nobody is past it who must use a provider."""
    if getattr(request, "came_by_provider", False) or not isinstance(user, User):
        return
    request.session.pop(PROVIDER, None)
    check_way_in(request, user)


def check_way_in(request: HttpRequest, user: User) -> None:
    """Sign out whoever came by another way than they must, and raise PermissionDenied.

    The one of last resort is let by, and the company's log says so.
    """
    provider = required_provider(user)
    if provider is None or voucher(request) == str(provider.tenant_id):
        return
    if not is_last_resort(user, provider):
        logout(request)
        said = f"Your company signs in with {provider.label} alone: continue with it."
        messages.error(request, said, fail_silently=True)
        raise PermissionDenied(said)
    with tenant_scope(provider.tenant_id), acting(actor_of(user, request)):
        record(
            "person.used_last_resort",
            subject=user.public_id,
            label=user.email,
            after={"instead_of": provider.label},
        )


def actor_of(user: User, request: HttpRequest) -> Actor:
    return Actor(Kind.PERSON, user.public_id, user.email, address_of(request))
