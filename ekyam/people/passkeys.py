"""Passkeys: the two ceremonies of WebAuthn, each with a challenge that is good once.

The site is that of PUBLIC_URL, never that of the request's Host header.
"""

import hashlib
import ipaddress
import time
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import structlog
import webauthn
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils import timezone
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    generate_challenge,
    options_to_json_dict,
    parse_authentication_credential_json,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from ekyam.people.models import Passkey
from ekyam.tenants.models import User

log = structlog.get_logger(__name__)
SESSION_KEY = "people.challenge"
SECONDS = 300
LONGEST_ANSWER = 16 * 1024
TRANSPORTS = {one.value for one in AuthenticatorTransport}


class Refused(Exception):
    """The answer does not fit: forged, expired, used before, of another site, or no answer."""


class Site(NamedTuple):
    origin: str
    host: str


def site() -> Site | None:
    """None where there can be no passkeys: they want a name, not an IP address."""
    parts = urlsplit(settings.PUBLIC_URL)
    try:
        ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        return Site(f"{parts.scheme}://{parts.netloc}", parts.hostname or "")
    return None


def begin_registration(session: SessionBase, user: User) -> dict[str, Any]:
    """The options that the browser makes a new passkey by."""
    here = _site()
    options = webauthn.generate_registration_options(
        rp_id=here.host,
        rp_name="Ekyam",
        user_id=user.pk.bytes,
        user_name=user.email,
        user_display_name=user.name or user.email,
        challenge=_challenge(session, "register", user),
        timeout=SECONDS * 1000,
        exclude_credentials=_known(user),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
    )
    return options_to_json_dict(options)


def begin_proof(session: SessionBase, user: User | None) -> dict[str, Any]:
    """The options of a proof: by one of this person's passkeys, or, of nobody yet, by any that
    checks who holds it, by finger, face or PIN: it stands for password and second factor alike.
    """
    here = _site()
    wanted = UserVerificationRequirement.PREFERRED if user else UserVerificationRequirement.REQUIRED
    options = webauthn.generate_authentication_options(
        rp_id=here.host,
        challenge=_challenge(session, "prove", user),
        timeout=SECONDS * 1000,
        allow_credentials=_known(user) if user else None,
        user_verification=wanted,
    )
    return options_to_json_dict(options)


def register(session: SessionBase, user: User, answer: str, *, name: str) -> Passkey:
    """Keep the passkey that the browser has made, or raise Refused."""
    challenge = _spend(session, "register", user)
    try:
        found = webauthn.verify_registration_response(
            credential=answer[:LONGEST_ANSWER],
            expected_challenge=challenge,
            expected_rp_id=_site().host,
            expected_origin=_site().origin,
        )
        transports = webauthn.helpers.parse_registration_credential_json(answer).response.transports
    except Exception as error:  # whatever a library makes of what somebody sent is a refusal
        raise _refused(error) from error
    try:
        with transaction.atomic():
            return Passkey.objects.create(
                user=user,
                name=name,
                credential_id=found.credential_id,
                credential_digest=Passkey.digest_of(found.credential_id),
                public_key=found.credential_public_key,
                sign_count=found.sign_count,
                transports=[one.value for one in transports or []],
            )
    except IntegrityError as error:
        raise Refused("This passkey is kept already.") from error


def prove(session: SessionBase, user: User | None, answer: str) -> Passkey:
    """Return the passkey that has answered, or raise Refused. Without a user it names its own."""
    challenge = _spend(session, "prove", user)
    with transaction.atomic():
        passkey = _find(answer[:LONGEST_ANSWER], user)
        try:
            found = webauthn.verify_authentication_response(
                credential=answer[:LONGEST_ANSWER],
                expected_challenge=challenge,
                expected_rp_id=_site().host,
                expected_origin=_site().origin,
                credential_public_key=bytes(passkey.public_key),
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=user is None,
            )
        except Exception as error:
            raise _refused(error) from error
        passkey.sign_count, passkey.last_used_at = found.new_sign_count, timezone.now()
        passkey.save(update_fields=["sign_count", "last_used_at"])
    return passkey


def _find(answer: str, user: User | None) -> Passkey:
    try:
        credential_id = parse_authentication_credential_json(answer).raw_id
    except Exception as error:
        raise _refused(error) from error
    rows = Passkey.objects.select_for_update().filter(confirmed=True, user__is_active=True)
    rows = rows.filter(credential_digest=Passkey.digest_of(credential_id))
    found = (rows.filter(user=user) if user else rows).select_related("user").first()
    if found is None:
        raise Refused("No such passkey.")
    return found


def _known(user: User) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=bytes(one.credential_id),
            transports=[AuthenticatorTransport(it) for it in one.transports if it in TRANSPORTS],
        )
        for one in Passkey.objects.filter(user=user, confirmed=True)
    ]


def _site() -> Site:
    if (here := site()) is None:
        raise Refused("Passkeys need a site with a name.")
    return here


def _challenge(session: SessionBase, use: str, user: User | None) -> bytes:
    challenge = generate_challenge()
    session[SESSION_KEY] = {
        "challenge": bytes_to_base64url(challenge),
        "use": use,
        "user": str(user.pk) if user else "",
        "at": time.time(),
    }
    return challenge


def _spend(session: SessionBase, use: str, user: User | None) -> bytes:
    """The challenge, once: also when the same session asks twice at the same time."""
    kept = session.pop(SESSION_KEY, None) or {}
    is_mine = kept.get("use") == use and kept.get("user") == (str(user.pk) if user else "")
    if not is_mine or time.time() - kept["at"] > SECONDS:
        raise Refused("There is no challenge to answer.")
    challenge = base64url_to_bytes(kept["challenge"])
    mark = hashlib.sha256(challenge).hexdigest()
    if not cache.add(f"people:challenge:{mark}", 1, timeout=2 * SECONDS):
        raise Refused("The challenge was answered before.")
    return challenge


def _refused(error: Exception) -> Refused:
    log.info("passkey_refused", reason=type(error).__name__)
    return Refused("The answer does not fit.")
