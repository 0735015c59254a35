"""What a provider says of a person, the same for both protocols."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

# What SAML providers call the same things: plain, by Microsoft's schemas, by X.500's numbers.
_EMAILS = (
    "email",
    "mail",
    "emailAddress",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "urn:oid:0.9.2342.19200300.100.1.3",
)
_NAMES = (
    "name",
    "displayName",
    "http://schemas.microsoft.com/identity/claims/displayname",
    "urn:oid:2.16.840.1.113730.3.1.241",
)
_GIVEN = (
    "firstName",
    "givenName",
    "given_name",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
    "urn:oid:2.5.4.42",
)
_FAMILY = (
    "lastName",
    "surname",
    "sn",
    "family_name",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
    "urn:oid:2.5.4.4",
)
MOST_GROUPS = 1000
LONGEST_ADDRESS = 254  # RFC 5321, and the column


@dataclass(frozen=True)
class Person:
    """`said` is all that was told, to be shown to whoever tries a provider."""

    subject: str
    email: str = ""
    name: str = ""
    groups: tuple[str, ...] = ()
    is_email_denied: bool = False  # the provider itself says that the address is not verified
    are_groups_withheld: bool = False  # there are too many to tell, so that none are
    hosted_domain: str = ""
    said: Mapping[str, Any] = field(default_factory=dict)

    @property
    def domain(self) -> str:
        return self.email.rpartition("@")[2]


def read_oidc(claims: Mapping[str, Any], group_claim: str) -> Person:
    return Person(
        subject=str(claims["sub"]),
        email=_address(claims.get("email")),
        name=_text(claims.get("name")),
        groups=_groups(claims.get(group_claim)),
        is_email_denied=claims.get("email_verified", True) not in (True, "true"),
        are_groups_withheld=_withholds(claims, group_claim),
        hosted_domain=_text(claims.get("hd")).lower(),
        said=dict(claims),
    )


def read_saml(
    subject: str, attributes: Mapping[str, list[Any]], group_claim: str, *, is_email: bool
) -> Person:
    """`attributes` holds lists of texts; `is_email`: the subject itself is an e-mail address."""
    spoken = {name: [one for one in values if one] for name, values in attributes.items()}
    given, family = _first(spoken, _GIVEN), _first(spoken, _FAMILY)
    return Person(
        subject=subject,
        email=_address(_first(spoken, _EMAILS) or (subject if is_email else "")),
        name=_text(_first(spoken, _NAMES) or f"{given} {family}"),
        groups=_groups(spoken.get(group_claim)),
        said={"NameID": subject, **spoken},
    )


def _withholds(claims: Mapping[str, Any], group_claim: str) -> bool:
    """Entra ID tells of 200 groups at most; of more it only says where to ask for them."""
    elsewhere = claims.get("_claim_names")
    return isinstance(elsewhere, dict) and group_claim in elsewhere


def _first(attributes: Mapping[str, list[Any]], names: Iterable[str]) -> str:
    found = (attributes[name][0] for name in names if attributes.get(name))
    return _text(next(found, ""))


def _text(value: Any) -> str:
    return " ".join(value.split())[:200] if isinstance(value, str) else ""


def _address(value: Any) -> str:
    """Lower case, one @, nothing that a look-alike could hide in; empty for anything else."""
    address = value.strip().lower() if isinstance(value, str) else ""
    name, _, domain = address.rpartition("@")
    is_plain = address.isascii() and address.isprintable() and not set(address) & set(' "<>(),;:\\')
    is_whole = bool(name and "@" not in name and domain) and len(address) <= LONGEST_ADDRESS
    return address if is_whole and is_plain else ""


def _groups(value: Any) -> tuple[str, ...]:
    """A list of names, or one of them alone."""
    values = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(one[:200] for one in values if isinstance(one, str) and one)[:MOST_GROUPS]
