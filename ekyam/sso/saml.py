"""SAML 2.0: send a person to the provider, and prove the response that they bring back.

python3-saml checks signatures, schema and the protocol in its strict mode; `saml_rules` adds what
it lets pass.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

import structlog
from lxml import etree
from onelogin.saml2.authn_request import OneLogin_Saml2_Authn_Request
from onelogin.saml2.constants import OneLogin_Saml2_Constants
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from ekyam.sso import saml_rules
from ekyam.sso.attempts import Attempt
from ekyam.sso.claims import Person, read_saml
from ekyam.sso.failures import NotProven
from ekyam.sso.models import IdentityProvider

Read = TypeVar("Read")
log = structlog.get_logger(__name__)

RECEIVING_DOOR = "sso_acs"
METADATA_DOOR = "sso_metadata"
CLOCK_SKEW_SECONDS = 60
_EMAIL_FORMAT = OneLogin_Saml2_Constants.NAMEID_EMAIL_ADDRESS

# The library's own is five minutes, for the whole process: nobody else here uses it.
OneLogin_Saml2_Constants.ALLOWED_CLOCK_DRIFT = CLOCK_SKEW_SECONDS


@dataclass(frozen=True)
class Proof:
    """`answers` is the id of our request, empty where the provider began; times in UTC."""

    person: Person
    assertion: str
    answers: str
    expires_at: datetime


def begin(provider: IdentityProvider, *, purpose: str, next: str) -> tuple[Attempt, str]:
    """Return what to keep, and the address to go to."""
    asked = OneLogin_Saml2_Authn_Request(_settings(provider))
    attempt = Attempt(
        provider=provider.public_id,
        state=asked.get_id(),
        purpose=purpose,
        next=next,
        nonce="",
        verifier="",
        begun_at=time.time(),
    )
    parameters = {"SAMLRequest": asked.get_request(), "RelayState": secrets.token_urlsafe(8)}
    return attempt, str(OneLogin_Saml2_Utils.redirect(provider.sign_in_url, parameters, {}))


def read_request_id(encoded: str) -> str:
    """The request that a response says it answers, before anything of it is proven."""
    response = _attempt(lambda: OneLogin_Saml2_Response(_BLANK, _checked_size(encoded)))
    return str(response.get_in_response_to() or "")


def prove(provider: IdentityProvider, encoded: str, *, request_id: str) -> Proof:
    """Raise NotProven unless the response is signed by the provider, for us, for this request.

    An empty `request_id` is for a response that answers none.
    """
    return _attempt(partial(_prove, provider, _checked_size(encoded), request_id))


def metadata_of(provider: IdentityProvider) -> bytes:
    """What the provider's administrator gives to their system, as XML."""
    made: str | bytes = _settings(provider, is_ours_alone=True).get_sp_metadata()
    tree = etree.fromstring(made if isinstance(made, bytes) else made.encode())
    for name in ("validUntil", "cacheDuration"):  # ours ends in no two days, as the library says
        tree.attrib.pop(name, None)
    found: bytes = etree.tostring(tree, xml_declaration=True, encoding="UTF-8")
    return found


def _prove(provider: IdentityProvider, encoded: str, request_id: str) -> Proof:
    settings, address = _settings(provider), provider.address(RECEIVING_DOOR)
    response = OneLogin_Saml2_Response(settings, encoded)
    saml_rules.check_shape(response.document)
    response.is_valid(_as_request(address), request_id or None, raise_exceptions=True)
    assertion = saml_rules.check_for_us(
        response.document,
        address=address,
        audience=provider.address(METADATA_DOOR),
        request_id=request_id,
        now=datetime.now(UTC),
        skew_seconds=CLOCK_SKEW_SECONDS,
    )
    subject = response.get_nameid_data()
    is_email = subject.get("Format") == _EMAIL_FORMAT
    attributes: dict[str, list[Any]] = response.get_attributes()
    person = read_saml(subject["Value"], attributes, provider.group_claim, is_email=is_email)
    return Proof(person, assertion.id, request_id, assertion.expires_at)


def _checked_size(encoded: str) -> str:
    if not 0 < len(encoded) <= saml_rules.MOST_CHARACTERS:
        raise NotProven("The response is missing, or too large.")
    return encoded


def _attempt(read: Callable[[], Read]) -> Read:
    """A hostile document may make the libraries raise anything; none of it is a bug of ours."""
    try:
        return read()
    except NotProven:
        raise
    except Exception as error:
        log.info("saml.refused", error=type(error).__name__, detail=str(error)[:300])
        raise NotProven(f"The response is not valid: {str(error)[:200]}") from error


def _as_request(address: str) -> dict[str, str]:
    """Our own address by the settings, never by what a Host header says."""
    parts = urlsplit(address)
    return {
        "https": "on" if parts.scheme == "https" else "off",
        "http_host": parts.netloc,
        "script_name": parts.path,
    }


def _settings(provider: IdentityProvider, *, is_ours_alone: bool = False) -> Any:
    idp = {
        "entityId": provider.issuer,
        "singleSignOnService": {"url": provider.sign_in_url},
        "x509certMulti": {"signing": list(provider.certificates)},
    }
    ours = {
        "entityId": provider.address(METADATA_DOOR),
        "assertionConsumerService": {
            "url": provider.address(RECEIVING_DOOR),
            "binding": OneLogin_Saml2_Constants.BINDING_HTTP_POST,
        },
        "NameIDFormat": OneLogin_Saml2_Constants.NAMEID_UNSPECIFIED,
    }
    return _make_settings(ours, {} if is_ours_alone else idp)


def _make_settings(ours: dict[str, Any], idp: dict[str, Any]) -> Any:
    security = {
        "wantAssertionsSigned": True,
        "wantAttributeStatement": False,
        "allowRepeatAttributeName": True,
        "allowSingleLabelDomains": True,
        "rejectDeprecatedAlgorithm": True,
        "requestedAuthnContext": False,
        "metadataValidUntil": None,
    }
    whole = {"strict": True, "debug": False, "sp": ours, "idp": idp, "security": security}
    return OneLogin_Saml2_Settings(whole, sp_validation_only=not idp)


_BLANK = _make_settings(
    {
        "entityId": "https://ekyam.invalid/",
        "assertionConsumerService": {"url": "https://ekyam.invalid/"},
    },
    {},
)
