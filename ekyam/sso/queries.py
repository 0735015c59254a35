"""What the pages show of single sign-on. All need the tenant's scope."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from ekyam.audit.models import AuditEntry
from ekyam.sso import saml
from ekyam.sso.domains import record_of
from ekyam.sso.enforcement import has_second_factor
from ekyam.sso.metadata import expires_at, fingerprint
from ekyam.sso.models import EmailDomain, Identity, IdentityProvider, Kind
from ekyam.sso.oidc import RETURN_DOOR
from ekyam.tenants.models import Membership, Role

MOST_PEOPLE = 100
MOST_REFUSALS = 10


def list_providers() -> list[dict[str, Any]]:
    rows = IdentityProvider.objects.prefetch_related("domains").order_by("label")
    return [
        {
            **_about(row),
            "domains": sorted(one.domain for one in row.domains.all()),
        }
        for row in rows
    ]


def get_provider(row: IdentityProvider) -> dict[str, Any]:
    groups, owners = row.group_roles.order_by("group"), _owners(row)
    return {
        **_about(row),
        "addresses": _addresses(row),
        "values": _values(row),
        "certificates": [_certificate(one) for one in row.certificates],
        "domains": [_domain(one, row) for one in _domains()],
        "groups": [{"id": g.public_id, "group": g.group, "role": g.role} for g in groups],
        "owners": owners,
        "has_last_resort": any(one["has_second_factor"] for one in owners),
        "people": _people(row),
        "people_count": row.identities.count(),
        "refusals": _refusals(row),
        "needs": _needs(row),
    }


def _about(row: IdentityProvider) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "label": row.label,
        "kind": row.kind,
        "kind_label": Kind(row.kind).label,
        "state": "provider_required" if row.is_required else "on" if row.is_on else "off",
        "is_on": row.is_on,
        "is_required": row.is_required,
        "is_complete": row.is_complete,
        "tried_at": row.tried_at,
        "answer": _answer(row),
    }


def _answer(row: IdentityProvider) -> str:
    if row.is_required and row.last_resort_id is None:
        return gettext(
            "Nobody of its domains may use a password. No last resort is named: name one below."
        )
    if row.is_required:
        return gettext(
            "Its domains' members sign in by it alone; one owner may use a password at need."
        )
    if row.is_on:
        return gettext("Its domains' members may sign in by it, or by their password.")
    if row.tried_at:
        return gettext("It is off. It has been tried, and can be turned on.")
    return gettext("It is off: nobody signs in by it yet.")


def _needs(row: IdentityProvider) -> list[str]:
    """What is missing before it can go on, in the order in which to do it."""
    missing = []
    if not row.is_complete:
        missing.append(gettext("Enter the values of your provider."))
    elif row.tried_at is None:
        missing.append(
            gettext("Try it: you see what it says of you, and nobody is signed in by it yet.")
        )
    if not row.domains.exists():
        missing.append(gettext("Verify the domain of your addresses."))
    return missing


def _addresses(row: IdentityProvider) -> list[tuple[str, str]]:
    """What to enter at the provider: label, address."""
    if row.kind == Kind.OIDC:
        return [(gettext("Redirect URI (sign-in)"), row.address(RETURN_DOOR))]
    return [
        (gettext("ACS URL (single sign-on URL, reply URL)"), row.address(saml.RECEIVING_DOOR)),
        (
            gettext("Entity ID (audience, identifier), also the metadata"),
            row.address(saml.METADATA_DOOR),
        ),
    ]


def _values(row: IdentityProvider) -> list[tuple[str, str]]:
    said = [(gettext("Issuer") if row.kind == Kind.OIDC else gettext("Its entity ID"), row.issuer)]
    if row.kind == Kind.SAML:
        said.append((gettext("Signs in at"), row.sign_in_url))
    return [(label, value) for label, value in said if value]


def _certificate(certificate: str) -> dict[str, Any]:
    ends = expires_at(certificate)
    return {
        "fingerprint": fingerprint(certificate),
        "ends_at": ends,
        "has_ended": ends < timezone.now(),
    }


def _domains() -> list[EmailDomain]:
    return list(EmailDomain.objects.select_related("provider").order_by("domain"))


def _domain(row: EmailDomain, provider: IdentityProvider) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "domain": row.domain,
        "record": record_of(row),
        "verified_at": row.verified_at,
        "verified_by": row.verified_by,
        "is_here": row.provider_id == provider.pk,
        "leads_to": row.provider.label if row.provider else "",
    }


def _owners(row: IdentityProvider) -> list[dict[str, Any]]:
    found = Membership.objects.filter(role=Role.OWNER).select_related("user")
    return [
        {
            "id": one.public_id,
            "email": one.user.email,
            "has_second_factor": has_second_factor(one.user),
            "is_named": one.pk == row.last_resort_id,
        }
        for one in found.order_by("user__email")
    ]


def _people(row: IdentityProvider) -> list[dict[str, Any]]:
    found = Identity.objects.filter(provider=row).select_related("user")
    return [
        {
            "id": one.public_id,
            "email": one.user.email,
            "subject": one.subject,
            "seen_at": one.seen_at,
        }
        for one in found.order_by("-seen_at")[:MOST_PEOPLE]
    ]


def _refusals(row: IdentityProvider) -> list[dict[str, Any]]:
    found = AuditEntry.objects.filter(subject=row.public_id, action="person.sign_in_refused")
    return [
        {"at": one.at, "address": one.address, "reason": (one.after or {}).get("reason", "")}
        for one in found.order_by("-number")[:MOST_REFUSALS]
    ]
