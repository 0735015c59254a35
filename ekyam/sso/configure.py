"""What people change of a provider: its values, its groups; on, off, and required."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from ekyam.audit.record import record
from ekyam.sso.enforcement import has_second_factor
from ekyam.sso.failures import Unfit
from ekyam.sso.metadata import fingerprint
from ekyam.sso.models import GroupRole, Identity, IdentityProvider
from ekyam.sso.sessions import end_password_sessions, end_provider_sessions
from ekyam.tenants.models import Membership, Role
from ekyam.tenants.rights import Right
from ekyam.tenants.seats import Seat

# Whoever sets these may sign in as anybody of the company, its owners among them.
TRUSTED = ("issuer", "client_id", "sign_in_url", "certificates")
FIXED_WHILE_ON = ("issuer", "client_id")
SHOWN = ("label", *TRUSTED, "group_claim", "default_role", "allows_unasked")
MOST_GROUPS = 200


def add_provider(seat: Seat, *, kind: str, label: str) -> IdentityProvider:
    made = IdentityProvider.objects.create(tenant=seat.tenant, kind=kind, label=label)
    _tell("added", made, after={"kind": kind, "label": label})
    return made


def change_provider(
    provider: IdentityProvider, seat: Seat, values: Mapping[str, Any], *, secret: str = ""
) -> None:
    """`values` holds some of SHOWN; an empty secret keeps the one there is. Raises Unfit."""
    provider = _locked(provider)
    before = {name: getattr(provider, name) for name in values}
    changed = {name: value for name, value in values.items() if before[name] != value}
    if provider.is_on and changed.keys() & set(FIXED_WHILE_ON):
        raise Unfit(gettext("It is on: turn it off before you exchange it for another one."))
    trust_changed = bool(changed.keys() & set(TRUSTED))
    if (provider.is_on and trust_changed) or ("group_claim" in changed and _makes_owners(provider)):
        _owners_only(seat)
    if "issuer" in changed:  # the subjects of the next one may be other people's
        provider.identities.all().delete()
    for name, value in changed.items():
        setattr(provider, name, value)
    if secret:
        provider.seal("client_secret", secret)
    if trust_changed and not provider.is_on:
        provider.tried_at = None
    provider.save()
    told = {name: _short(value) for name, value in changed.items()}
    if secret:
        told["renewed"] = "the client's own"
    if told:
        old = {name: _short(before[name]) for name in changed}
        _tell("changed", provider, before=old, after=told)


def turn_on(provider: IdentityProvider, seat: Seat) -> None:
    """Raises Unfit, saying what comes first."""
    provider = _locked(provider)
    _owners_only(seat)
    if not provider.is_complete or provider.tried_at is None:
        raise Unfit(gettext("Try it first: it goes on only once it has signed you in."))
    if not provider.domains.exists():
        raise Unfit(gettext("Verify a domain first: nobody's address leads here yet."))
    provider.is_on = True
    provider.save(update_fields=["is_on"])
    _tell("turned_on", provider)


def turn_off(provider: IdentityProvider) -> None:
    """Passwords count again at once, and whom it has signed in is signed out."""
    provider = _locked(provider)
    provider.is_on = provider.is_required = False
    provider.save(update_fields=["is_on", "is_required"])
    ended = end_provider_sessions(provider, provider.identities.values_list("user", flat=True))
    _tell("turned_off", provider, after={"sessions_ended": ended})


def require(provider: IdentityProvider, seat: Seat, last_resort: Membership) -> None:
    """Refuse the passwords of its domains' members, but for the one. Raises Unfit."""
    provider = _locked(provider)
    _owners_only(seat)
    if not provider.is_on:
        raise Unfit(gettext("Turn it on first."))
    if last_resort.role != Role.OWNER:
        raise Unfit(gettext("The last resort must be an owner."))
    if not has_second_factor(last_resort.user):
        raise Unfit(
            gettext("{email} has no second factor yet: without one, no.").format(
                email=last_resort.user.email
            )
        )
    provider.is_required, provider.last_resort = True, last_resort
    provider.save(update_fields=["is_required", "last_resort"])
    ended = end_password_sessions(provider)
    told = {"last_resort": last_resort.user.email, "sessions_ended": ended}
    _tell("required", provider, after=told)


def stop_requiring(provider: IdentityProvider) -> None:
    provider = _locked(provider)
    provider.is_required = False
    provider.save(update_fields=["is_required"])
    _tell("no_longer_required", provider)


def remove_provider(provider: IdentityProvider) -> None:
    """Raises Unfit while it is on. Its people stay members; their links go."""
    provider = _locked(provider)
    if provider.is_on:
        raise Unfit(gettext("It is on: turn it off first."))
    told = (provider.public_id, provider.label)
    provider.delete()
    record("identity_provider.removed", subject=told[0], label=told[1])


def give_role(provider: IdentityProvider, seat: Seat, *, group: str, role: str) -> None:
    """Whoever is in the group has the role, from their next sign-in on. Raises Unfit."""
    before = GroupRole.objects.filter(provider=provider, group=group).first()
    if Role.OWNER in (role, before.role if before else ""):
        _owners_only(seat)
    if before is None and provider.group_roles.count() >= MOST_GROUPS:
        raise Unfit(
            gettext("A provider may have {most_groups} groups here.").format(
                most_groups=MOST_GROUPS
            )
        )
    GroupRole.objects.update_or_create(
        provider=provider,
        group=group,
        defaults={"role": role},
        create_defaults={"role": role, "tenant_id": provider.tenant_id},
    )
    old = {"group": group, "role": before.role} if before else None
    _tell("group_changed", provider, before=old, after={"group": group, "role": role})


def take_role(row: GroupRole, seat: Seat) -> None:
    """Raises Unfit."""
    if row.role == Role.OWNER:
        _owners_only(seat)
    row.delete()
    _tell("group_removed", row.provider, before={"group": row.group, "role": row.role})


def unlink(identity: Identity) -> None:
    """The next sign-in with that address may be by another account of the provider; whoever came
    by this one is signed out."""
    email, provider = identity.user.email, _locked(identity.provider)
    ended = end_provider_sessions(provider, [identity.user_id])
    identity.delete()
    told = {"sessions_ended": ended}
    _tell("unlinked", provider, before={"person": email}, after=told)


def _makes_owners(provider: IdentityProvider) -> bool:
    return provider.group_roles.filter(role=Role.OWNER).exists()


def _short(value: Any) -> Any:
    """Certificates by their fingerprints: nobody reads base64."""
    if isinstance(value, list):
        return [fingerprint(one) for one in value]
    return value[:300] if isinstance(value, str) else value


def _owners_only(seat: Seat) -> None:
    if not seat.may(Right.OWN):
        raise Unfit(
            gettext(
                "Only an owner may do that: who decides what vouches for your people can sign "
                "in as "
                "any of them."
            )
        )


def _locked(provider: IdentityProvider) -> IdentityProvider:
    return IdentityProvider.objects.select_for_update().get(pk=provider.pk)


def _tell(
    what: str,
    provider: IdentityProvider,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    record(
        f"identity_provider.{what}",
        subject=provider.public_id,
        label=provider.label,
        before=before,
        after=after,
    )
