"""How a session stands: what proved the person, how lately, and whether that is enough here."""

import time

from django.apps import apps
from django.db.models import Exists, Value
from django.http import HttpRequest
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.models import Device

from ekyam.people.models import Factor

FRESH_SECONDS = 5 * 60
PROVED_AT = "people.proved_at"
PROVIDER = "people.provider"


def mark_fresh(request: HttpRequest) -> None:
    """The person has shown just now who they are."""
    request.session[PROVED_AT] = time.time()


def is_fresh(request: HttpRequest) -> bool:
    """Whether that was lately enough to change what protects the account."""
    age = time.time() - float(request.session.get(PROVED_AT, 0))
    return 0 <= age < FRESH_SECONDS


def vouch(request: HttpRequest, tenant_id: object) -> None:
    """A company's identity provider has signed the person in: that is enough for this company, and
    for no other. To be said before the login begins.
    """
    request.session[PROVIDER] = str(tenant_id)


def voucher(request: HttpRequest) -> str:
    """The company whose identity provider has signed the person in, or nothing."""
    return str(request.session.get(PROVIDER, ""))


def must_prove(
    request: HttpRequest, *, tenant_id: object, is_required: bool, is_verified: bool
) -> bool:
    """Whether this session has yet to show a second factor before it sees this company."""
    return is_required and not is_verified and voucher(request) != str(tenant_id)


def verified(request: HttpRequest) -> Exists | Value:
    """Whether the factor that the session was verified by still stands: as django-otp finds it by
    a query of its own, here to be asked along with another one."""
    label, _, number = str(request.session.get(DEVICE_ID_SESSION_KEY, "")).rpartition("/")
    try:
        model, id_ = apps.get_model(label), int(number)
    except (LookupError, ValueError):
        return Value(False)
    if not issubclass(model, Device):
        return Value(False)
    return Exists(model._default_manager.filter(pk=id_, user_id=request.user.pk, confirmed=True))


def how(factor: Factor | None) -> str:
    """For the audit log."""
    return factor.way if factor else "password"
