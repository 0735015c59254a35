"""How a session stands: what proved the person, how lately, and whether that is enough here."""

import time

from django.http import HttpRequest

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


def must_prove(request: HttpRequest, *, tenant_id: object, is_required: bool) -> bool:
    """Whether this session has yet to show a second factor before it sees this company."""
    if not is_required or voucher(request) == str(tenant_id):
        return False
    return not getattr(request.user, "otp_device", None)


def how(factor: Factor | None) -> str:
    """For the audit log."""
    return factor.way if factor else "password"
