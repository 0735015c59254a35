"""The company's domains: it claims one, proves it by a TXT record, and then it is nobody else's."""

import re
import secrets

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from ekyam.audit.actors import current_actor
from ekyam.audit.record import record
from ekyam.sso.failures import Unfit
from ekyam.sso.models import EmailDomain, IdentityProvider
from ekyam.sso.sessions import end_password_sessions
from ekyam.sso.txt_records import NoRecords, read_txt

PREFIX = "ekyam-domain="
_DOMAIN = re.compile(
    r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
MOST = 50


def claim_domain(provider: IdentityProvider, text: str) -> EmailDomain:
    """Keep the domain with the proof to publish. Raises Unfit."""
    name = _read_domain(text)
    if EmailDomain.objects.filter(domain=name).exists():
        raise Unfit(gettext("{name} is in the list already.").format(name=name))
    if EmailDomain.objects.count() >= MOST:
        raise Unfit(
            gettext("A company may have {most} domains here; ask us if you need more.").format(
                most=MOST
            )
        )
    made = EmailDomain.objects.create(
        tenant_id=provider.tenant_id, domain=name, proof=secrets.token_urlsafe(24)
    )
    record("domain.claimed", subject=made.public_id, label=name)
    return made


def record_of(domain: EmailDomain) -> str:
    """The text of the TXT record that proves it."""
    return f"{PREFIX}{domain.proof}"


def is_published(domain: EmailDomain) -> bool:
    """Asks the domain name system: call it outside of transactions. Raises Unfit."""
    try:
        return record_of(domain) in read_txt(domain.domain)
    except NoRecords as error:
        raise Unfit(
            gettext("The records of {domain} cannot be read now. {error}").format(
                domain=domain.domain, error=error
            )
        ) from error


def verify_domain(domain: EmailDomain, provider: IdentityProvider | None, *, by: str) -> None:
    """Make it the company's own, and let it lead to this provider. Raises Unfit.

    The caller has seen the proof. That no other company has it, a constraint says.
    """
    domain.verified_at, domain.verified_by = timezone.now(), by
    domain.provider = provider
    try:
        with transaction.atomic():
            domain.save(update_fields=["verified_at", "verified_by", "provider"])
    except IntegrityError as error:
        raise Unfit(
            gettext(
                "{domain} was verified by another company before. If it is yours, tell us."
            ).format(domain=domain.domain)
        ) from error
    told = {"by": by, "leads_to": provider.label if provider else ""}
    if provider and provider.is_required:
        end_password_sessions(provider)
    record("domain.verified", subject=domain.public_id, label=domain.domain, after=told)


def release_domain(domain: EmailDomain) -> None:
    """Its addresses are not signed in by the provider any more. Raises Unfit."""
    provider = domain.provider
    is_last = provider is not None and provider.domains.count() == 1
    if provider is not None and provider.is_on and is_last:
        raise Unfit(
            gettext("{label} is on, and this is its last domain: turn it off first.").format(
                label=provider.label
            )
        )
    before = {"verified": domain.verified_at is not None, "by": current_actor().label}
    told = (domain.public_id, domain.domain)
    domain.delete()
    record("domain.released", subject=told[0], label=told[1], before=before)


def _read_domain(text: str) -> str:
    name = text.strip().lower().rstrip(".").removeprefix("@")
    try:
        name = name.encode("idna").decode()
    except UnicodeError as error:
        raise Unfit(
            gettext("This is no domain; enter it as in an e-mail address, after the @.")
        ) from error
    if not _DOMAIN.fullmatch(name):
        raise Unfit(gettext("This is no domain; enter it as in an e-mail address, after the @."))
    return name
