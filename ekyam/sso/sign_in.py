"""The way in: begin at the provider, come back proven, be admitted; all of it written down."""

from collections.abc import Mapping
from typing import Any

import structlog
from allauth.account.internal.flows.login import record_authentication
from django.contrib.auth import login
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils import timezone

from ekyam.addresses import address_of
from ekyam.audit.actors import Actor, Kind, acting
from ekyam.audit.record import record
from ekyam.people import standing
from ekyam.sessions.queries import COMPANY_KEY
from ekyam.sso import attempts, oidc, saml
from ekyam.sso.admission import Admitted, admit, foresee, use_once
from ekyam.sso.attempts import Attempt
from ekyam.sso.claims import Person
from ekyam.sso.enforcement import actor_of
from ekyam.sso.failures import NotAdmitted, NotProven
from ekyam.sso.models import IdentityProvider
from ekyam.sso.models import Kind as ProviderKind
from ekyam.tenants.models import User
from ekyam.tenants.scope import tenant_scope

log = structlog.get_logger(__name__)

BACKEND = "django.contrib.auth.backends.ModelBackend"
TRIED_KEY = "sso_tried"


def begin(
    provider: IdentityProvider, session: SessionBase, *, purpose: str, next: str = "/"
) -> str:
    """Return the address to send the browser to. May send requests. Raises Unfit."""
    start = oidc.begin if provider.kind == ProviderKind.OIDC else saml.begin
    attempt, address = start(provider, purpose=purpose, next=next)
    attempts.keep(session, attempt)
    return address


def return_by_oidc(
    request: HttpRequest, provider: IdentityProvider, answer: Mapping[str, str]
) -> Attempt:
    """What the browser brings back in the address. Raises NotProven and NotAdmitted."""
    state = answer.get("state", "")
    attempt = attempts.take(request.session, provider=provider.public_id, state=state)
    if attempt is None:
        raise NotProven("The answer is to nothing that this browser asked, or comes too late.")
    person = oidc.complete(provider, attempt, answer)
    _arrive(request, provider, attempt, person)
    return attempt


def return_by_saml(request: HttpRequest, provider: IdentityProvider, encoded: str) -> Attempt:
    """What the browser brought in a form. Raises NotProven and NotAdmitted."""
    answers = saml.read_request_id(encoded)
    attempt = attempts.take(request.session, provider=provider.public_id, state=answers)
    if attempt is None:
        if answers or not provider.allows_unasked:
            raise NotProven("The response is to nothing that this browser asked, or is too late.")
        attempt = Attempt(provider.public_id, "", attempts.SIGN_IN, "/", "", "", 0)
    proof = saml.prove(provider, encoded, request_id=answers)
    with tenant_scope(provider.tenant_id):
        use_once(provider, proof)
    _arrive(request, provider, attempt, proof.person)
    return attempt


def tell_refused(request: HttpRequest, provider: IdentityProvider, error: Exception) -> None:
    """Write it into the log of the company whose provider it is."""
    known = isinstance(error, NotAdmitted)
    log.info("sso.refused", provider=provider.public_id, reason=str(error))
    with tenant_scope(provider.tenant_id), acting(_somebody(request, provider)):
        record(
            "person.sign_in_refused",
            subject=provider.public_id,
            label=provider.label,
            after={"reason": str(error)[:500], "proven": known},
        )


def _arrive(
    request: HttpRequest, provider: IdentityProvider, attempt: Attempt, person: Person
) -> None:
    if attempt.purpose == attempts.TRY:
        _keep_trial(request, provider, person)
        return
    admitted = _admit(request, provider, person)
    _log_in(request, provider, admitted.user)


def _admit(request: HttpRequest, provider: IdentityProvider, person: Person) -> Admitted:
    """Caught inside of the transaction: a membership that the groups took away stays so."""
    refusal: NotAdmitted | None = None
    with tenant_scope(provider.tenant_id), acting(_somebody(request, provider)):
        try:
            admitted = admit(provider, person)
        except NotAdmitted as error:
            refusal = error
        else:
            with acting(actor_of(admitted.user, request)):
                record(
                    "person.signed_in",
                    subject=admitted.user.public_id,
                    label=admitted.user.email,
                    after={"by": provider.label, "role": admitted.role},
                )
    if refusal is not None:
        raise refusal
    return admitted


def _log_in(request: HttpRequest, provider: IdentityProvider, user: User) -> None:
    """Past allauth's stages: the second factor of whoever is vouched for is their provider's.

    The session is for the provider's company alone, whatever others the person belongs to. So it
    is no fresh proof for what protects the account, which opens those others too.
    """
    request.came_by_provider = True  # type: ignore[attr-defined]
    login(request, user, backend=BACKEND)
    standing.vouch(request, provider.tenant_id)
    request.session[COMPANY_KEY] = str(provider.tenant_id)
    record_authentication(request, user, method="socialaccount", provider=provider.public_id)


def _keep_trial(request: HttpRequest, provider: IdentityProvider, person: Person) -> None:
    """Show what would happen, and sign nobody in."""
    with tenant_scope(provider.tenant_id):
        try:
            role, refusal = foresee(provider, person), ""
        except NotAdmitted as error:
            role, refusal = "", str(error)
        IdentityProvider.objects.filter(pk=provider.pk).update(tried_at=timezone.now())
        with acting(_whoever_tries(request, provider)):
            told = {"as": person.email, "role": role, "refusal": refusal}
            record(
                "identity_provider.tried",
                subject=provider.public_id,
                label=provider.label,
                after=told,
            )
    request.session[TRIED_KEY] = {
        "provider": provider.public_id,
        "subject": person.subject,
        "email": person.email,
        "groups": list(person.groups),
        "role": role,
        "refusal": refusal,
        "said": _fit_to_show(person.said),
    }


def _fit_to_show(said: Mapping[str, Any]) -> list[list[str]]:
    """Texts, in the order in which they were told; long ones cut."""
    return [[name[:200], _as_text(value)[:500]] for name, value in list(said.items())[:60]]


def _as_text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _whoever_tries(request: HttpRequest, provider: IdentityProvider) -> Actor:
    user = request.user
    return actor_of(user, request) if isinstance(user, User) else _somebody(request, provider)


def _somebody(request: HttpRequest, provider: IdentityProvider) -> Actor:
    return Actor(Kind.PERSON, "", f"Somebody by {provider.label}", address_of(request))
