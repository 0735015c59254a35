"""Which provider signs in the people of an address: asked before anybody is signed in."""

from ekyam.sso.models import EmailDomain, IdentityProvider
from ekyam.tenants.scope import across_tenants


def domain_of(email: str) -> str:
    return email.strip().lower().rpartition("@")[2]


def find_provider(public_id: str) -> IdentityProvider:
    """Of whichever company; raises DoesNotExist."""
    with across_tenants("a provider sends somebody back, and does not know our companies"):
        return IdentityProvider.get_public(public_id)


def find_provider_for(email: str) -> IdentityProvider | None:
    """The one that is on for the domain of this address. It says nothing about the person."""
    domain = domain_of(email)
    if "@" not in email or not domain:
        return None
    with across_tenants("the domain of an address leads to the company that signs it in"):
        found = (
            EmailDomain.objects.filter(
                domain=domain, verified_at__isnull=False, provider__is_on=True
            )
            .select_related("provider")
            .first()
        )
    return found.provider if found else None
