"""What a SAML response must be beyond its signature: one assertion, for us, now, in one shape.

python3-saml takes a recipient that merely contains our address, a response without audience,
recipient or end, any algorithm that is not SHA-1, and any transform that xmlsec knows.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ekyam.sso.failures import NotProven

MOST_CHARACTERS = 256 * 1024
LONGEST_ID, LONGEST_NAME = 300, 500  # what their columns hold

_NAMES = {
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
_ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_SIGNATURES = frozenset(
    f"http://www.w3.org/2001/04/xmldsig-more#{name}"
    for name in (
        *("rsa-sha256", "rsa-sha384", "rsa-sha512"),
        *("ecdsa-sha256", "ecdsa-sha384", "ecdsa-sha512"),
    )
)
_DIGESTS = frozenset(
    {
        "http://www.w3.org/2001/04/xmlenc#sha256",
        "http://www.w3.org/2001/04/xmldsig-more#sha384",
        "http://www.w3.org/2001/04/xmlenc#sha512",
    }
)
_CANONICAL = frozenset({_EXCLUSIVE, f"{_EXCLUSIVE}WithComments"})
_TRANSFORMS = _CANONICAL | {_ENVELOPED}
_ID_NAMES = ("ID", "Id", "id", "AssertionID", "{http://www.w3.org/XML/1998/namespace}id")


@dataclass(frozen=True)
class Assertion:
    id: str
    expires_at: datetime


def check_shape(document: Any) -> None:
    """Before any cryptography: what is there may be verified without surprise. NotProven."""
    if len(_find(document, "//saml:Assertion")) != 1 or _find(
        document, "//saml:EncryptedAssertion"
    ):
        raise NotProven("The response must hold one assertion, and not an encrypted one.")
    if len(_find(document, "/samlp:Response/saml:Assertion")) != 1:
        raise NotProven("The assertion is not where it belongs.")
    ids = Counter(value for node in document.iter() for value in _ids(node))
    if any(number > 1 for number in ids.values()):
        raise NotProven("Two parts of the response have the same id.")
    for signature in _find(document, "//ds:Signature"):
        _check_signature(signature)


def check_for_us(
    document: Any,
    *,
    address: str,
    audience: str,
    request_id: str,
    now: datetime,
    skew_seconds: int,
) -> Assertion:
    """After the signature: who it is for, which request it answers, and until when. NotProven."""
    skew = timedelta(seconds=skew_seconds)
    if document.get("Destination", address) != address:
        raise NotProven("The response is meant for another address.")
    if document.get("InResponseTo", "") != request_id:
        raise NotProven("The response answers another request.")
    conditions = _only(document, "/samlp:Response/saml:Assertion/saml:Conditions")
    audiences = _find(conditions, "saml:AudienceRestriction/saml:Audience")
    if audience not in [(node.text or "").strip() for node in audiences]:
        raise NotProven("The assertion is made for another audience.")
    begins, ends = _time(conditions, "NotBefore"), _time(conditions, "NotOnOrAfter")
    if begins is not None and begins > now + skew:
        raise NotProven("The assertion is not valid yet.")
    confirmed = max(_confirmed(document, address, request_id, now, skew), default=None)
    if confirmed is None:
        raise NotProven("Nothing confirms that the assertion is for this address and request.")
    if ends is not None and ends <= now - skew:
        raise NotProven("The assertion has expired.")
    name = _only(document, "/samlp:Response/saml:Assertion/saml:Subject/saml:NameID")
    if name.get("Format") == _TRANSIENT or not (name.text or "").strip():
        raise NotProven("The provider must send a name that stays the same: not a transient one.")
    assertion = _only(document, "/samlp:Response/saml:Assertion")
    if len(name.xpath("string()")) > LONGEST_NAME or len(assertion.get("ID", "")) > LONGEST_ID:
        raise NotProven("The assertion's id, or the name in it, is too long to be kept.")
    return Assertion(str(assertion.get("ID")), max(confirmed, ends or confirmed) + skew)


def _confirmed(
    document: Any, address: str, request_id: str, now: datetime, skew: timedelta
) -> Iterator[datetime]:
    """Yield the end of each confirmation that holds: a bearer's, for this address and request."""
    path = "/samlp:Response/saml:Assertion/saml:Subject/saml:SubjectConfirmation"
    for node in _find(document, f"{path}[@Method='{_BEARER}']/saml:SubjectConfirmationData"):
        ends, begins = _time(node, "NotOnOrAfter"), _time(node, "NotBefore")
        is_ours = node.get("Recipient") == address and node.get("InResponseTo", "") == request_id
        if is_ours and ends and ends > now - skew and (begins is None or begins <= now + skew):
            yield ends


def _check_signature(signature: Any) -> None:
    """One reference, to the very element that holds it, by algorithms that we know."""
    reference = _only(signature, "ds:SignedInfo/ds:Reference")
    if reference.get("URI") != f"#{signature.getparent().get('ID')}":
        raise NotProven("A signature is over something else than what holds it.")
    if _find(signature, "ds:Object"):
        raise NotProven("A signature holds more than a signature.")
    for path, known in (
        ("ds:SignedInfo/ds:SignatureMethod", _SIGNATURES),
        ("ds:SignedInfo/ds:CanonicalizationMethod", _CANONICAL),
        ("ds:SignedInfo/ds:Reference/ds:DigestMethod", _DIGESTS),
    ):
        if _only(signature, path).get("Algorithm") not in known:
            raise NotProven("The signature must be by SHA-256 or better.")
    for transform in _find(reference, "ds:Transforms/ds:Transform"):
        if transform.get("Algorithm") not in _TRANSFORMS:
            raise NotProven("A signature is over a transformed document.")


def _only(node: Any, path: str) -> Any:
    found = _find(node, path)
    if len(found) != 1:
        raise NotProven(f"The response must hold one {path.rpartition(':')[2]} there.")
    return found[0]


def _find(node: Any, path: str) -> list[Any]:
    found: list[Any] = node.xpath(path, namespaces=_NAMES)
    return found


def _ids(node: Any) -> Iterator[str]:
    yield from (node.get(name) for name in _ID_NAMES if node.get(name) is not None)


def _time(node: Any, name: str) -> datetime | None:
    """SAML's times are in UTC. Raises ValueError for what is none."""
    text = node.get(name)
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
