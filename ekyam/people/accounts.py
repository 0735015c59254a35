"""How allauth must behave here: people are invited, and a password alone is only the beginning."""

import time
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.models import EmailAddress
from allauth.core import context
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from ekyam.addresses import address_of
from ekyam.people import standing
from ekyam.people.notes import note_for_person, tell_person
from ekyam.tenants.models import User

log = structlog.get_logger(__name__)
CHANGED = gettext_lazy("The password of your Ekyam account was changed")
CHANGED_TEXT = gettext_lazy(
    "If that was not you, reset it now, and tell the owner of your company."
)


class PasswordBackend(AuthenticationBackend):  # type: ignore[misc]
    """The one judge of passwords: no other back end hashes a wrong one once more."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> Any:
        user = super().authenticate(request, **credentials)
        if user is None and credentials.get("password"):
            raise PermissionDenied
        return user


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request) or "unknown"

    def get_login_stages(self) -> list[str]:
        return [*super().get_login_stages(), "ekyam.people.stages.SecondFactorStage"]

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """A refusal takes the same time for every address: the log of a known one is not heard."""
        started = time.monotonic()
        user = super().authenticate(request, **credentials)
        if user is None:
            time.sleep(max(0.0, started + settings.EKYAM_REFUSAL_SECONDS - time.monotonic()))
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        address, email = address_of(request), str(credentials.get("email", ""))
        user = User.objects.filter(email=email).first()
        if user is None:
            # People type all kinds of secrets into this field: only the domain is told.
            log.info("sign_in_refused", domain=email.rpartition("@")[2], address=address)
            return
        log.info("sign_in_refused", person=user.public_id, address=address)
        note_for_person(user, "person.sign_in_refused", address=address, after={"by": "password"})

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        by = standing.how(getattr(user, "otp_device", None))
        note_for_person(user, "person.signed_in", address=address_of(request), after={"by": by})

    def logout(self, request: HttpRequest) -> None:
        user = request.user
        super().logout(request)
        if isinstance(user, User):
            note_for_person(user, "person.signed_out", address=address_of(request))

    def set_password(self, user: User, password: str) -> None:
        super().set_password(user, password)
        address = address_of(context.request) if context.request else ""
        tell_person(user, str(CHANGED), str(CHANGED_TEXT))
        note_for_person(user, "person.password_changed", address=address)


def mark_verified(user: User) -> None:
    """Their address is theirs, and the only one: they followed a link that was mailed to it."""
    EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()
    EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )
