"""Reads what a SAML provider publishes of itself: its name, its address, its certificates."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser

from ekyam.sso import remote
from ekyam.sso.failures import Unfit

MOST_CERTIFICATES = 10


@dataclass(frozen=True)
class Metadata:
    """`certificates` are base64 of DER, without line breaks."""

    issuer: str
    sign_in_url: str
    certificates: tuple[str, ...]


def fetch_metadata(address: str) -> Metadata:
    """Sends a request. Raises Unfit."""
    try:
        text = remote.get(remote.check_address(address, "metadata address"))
    except remote.NoAnswer as error:
        raise Unfit(f"The metadata cannot be read. {error}") from error
    return read_metadata(text)


def read_metadata(text: bytes | str) -> Metadata:
    """Raises Unfit, saying what is missing."""
    try:
        found: dict[str, Any] = OneLogin_Saml2_IdPMetadataParser.parse(text).get("idp", {})
    except Exception as error:  # whatever a document that is none makes the parser raise
        raise Unfit("This is no SAML metadata: paste the whole XML file.") from error
    issuer, address = found.get("entityId"), found.get("singleSignOnService", {}).get("url")
    several = found.get("x509certMulti", {}).get("signing", [])
    certificates = [found["x509cert"]] if found.get("x509cert") else several
    if not issuer or not address or not certificates:
        raise Unfit(
            "The metadata must name an identity provider, its address for HTTP-Redirect, and the "
            "certificate that it signs with."
        )
    return Metadata(
        issuer[:500],
        remote.check_address(address, "sign-in address"),
        read_certificates(certificates),
    )


def read_certificates(texts: list[str]) -> tuple[str, ...]:
    """PEM or base64. Raises Unfit."""
    found = tuple(dict.fromkeys(_certificate(text) for text in texts))
    if len(found) > MOST_CERTIFICATES:
        raise Unfit("That is too many certificates: leave out those that have expired.")
    return found


def split_pem(text: str) -> list[str]:
    """The certificates of one text, each in PEM; or the whole text, if it has no such marks."""
    mark = "-----END CERTIFICATE-----"
    return [f"{one}{mark}" for one in text.split(mark)[:-1]] if mark in text else [text]


def _certificate(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if "-----" not in line]
    encoded = "".join("".join(lines).split())
    try:
        x509.load_der_x509_certificate(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError) as error:
        raise Unfit("A certificate cannot be read: paste it whole, in PEM or base64.") from error
    return encoded


def expires_at(certificate: str) -> datetime:
    """When a certificate ends, in UTC. SAML does not ask for it; people like to know."""
    return x509.load_der_x509_certificate(base64.b64decode(certificate)).not_valid_after_utc


def fingerprint(certificate: str) -> str:
    """SHA-256 of it, as providers show it."""
    return hashlib.sha256(base64.b64decode(certificate)).hexdigest()
