"""Who a proven person is here, and what they may do: found or made at each sign-in."""

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from ekyam.audit.record import record
from ekyam.people.accounts import mark_verified
from ekyam.sso.claims import Person
from ekyam.sso.failures import NotAdmitted, NotProven
from ekyam.sso.models import EmailDomain, GroupRole, Identity, IdentityProvider, UsedAssertion
from ekyam.sso.roles import decide_role
from ekyam.sso.routing import domain_of
from ekyam.sso.saml import Proof
from ekyam.team.members import give_role, is_last_owner, lock_team, take_out
from ekyam.tenants.models import Membership, Role, User

# Everybody's accounts share this issuer, so it says by another claim whose account one is.
SHARED_ISSUERS = frozenset({"https://accounts.google.com"})


@dataclass(frozen=True)
class Admitted:
    user: User
    role: str


def admit(provider: IdentityProvider, person: Person) -> Admitted:
    """Find or make the person and their membership. Needs the scope of the provider's tenant.

    Raises NotAdmitted in words for that person. What was taken away by then stays so: the caller
    catches it inside of the transaction.
    """
    # One at a time: two first sign-ins of one person would both make them.
    provider = IdentityProvider.objects.select_for_update().get(pk=provider.pk)
    if not provider.is_on:
        raise NotAdmitted(f"Signing in by {provider.label} is switched off.")
    known = Identity.objects.filter(provider=provider, subject=person.subject).first()
    user = known.user if known else _find_or_make_user(provider, person)
    _check_user(user, provider)
    role = _give_role(provider, person, user)
    now = timezone.now()
    if known is None:
        Identity.objects.create(
            tenant_id=provider.tenant_id,
            provider=provider,
            subject=person.subject,
            user=user,
            seen_at=now,
        )
    else:
        Identity.objects.filter(pk=known.pk).update(seen_at=now)
    return Admitted(user, role)


def foresee(provider: IdentityProvider, person: Person) -> str:
    """The role that a sign-in would give now; writes nothing. Raises NotAdmitted."""
    known = Identity.objects.filter(provider=provider, subject=person.subject).first()
    if known is None:
        _check_address(provider, person)
        user = User.objects.filter(email=person.email).first()
        _check_free(provider, user)
    else:
        user = known.user
    if user is not None:
        _check_user(user, provider)
    role = _decide(provider, person, _membership_of(user) if user else None)
    if not role:
        raise NotAdmitted(_no_role(provider))
    return role


def use_once(provider: IdentityProvider, proof: Proof) -> None:
    """Take an assertion, or raise NotProven if it was taken before. Needs the tenant's scope."""
    UsedAssertion.objects.filter(expires_at__lt=timezone.now()).delete()
    rows = [
        UsedAssertion(
            tenant_id=provider.tenant_id,
            provider=provider,
            assertion=proof.assertion,
            expires_at=proof.expires_at,
        )
    ]
    mine = rows[0].pk
    UsedAssertion.objects.bulk_create(rows, ignore_conflicts=True)
    if not UsedAssertion.objects.filter(pk=mine).exists():
        raise NotProven("The assertion was used before.")


def _find_or_make_user(provider: IdentityProvider, person: Person) -> User:
    """By the address, which a provider may only say of the company's own domains."""
    _check_address(provider, person)
    user = User.objects.filter(email=person.email).first()
    _check_free(provider, user)
    if user is not None:
        return user
    if not _decide(provider, person, None):
        raise NotAdmitted(_no_role(provider))
    return _make_user(person)


def _make_user(person: Person) -> User:
    try:
        with transaction.atomic():
            user = User.objects.create_user(person.email, None, name=person.name)
            mark_verified(user)
    except IntegrityError:  # somebody accepted an invitation at this very moment
        return User.objects.get(email=person.email)
    return user


def _check_address(provider: IdentityProvider, person: Person) -> None:
    if not person.email:
        raise NotAdmitted(f"{provider.label} does not say what your e-mail address is.")
    if person.is_email_denied:
        raise NotAdmitted(f"{provider.label} has not verified your address {person.email}.")
    if not _signs_in(provider, person.domain):
        raise NotAdmitted(
            f"{provider.label} may not vouch for {person.email}: "
            f"{person.domain} is no domain that it signs in here."
        )
    if provider.issuer in SHARED_ISSUERS and not _signs_in(provider, person.hosted_domain):
        raise NotAdmitted(f"{person.email} is no account of your company at {provider.label}.")


def _check_free(provider: IdentityProvider, user: User | None) -> None:
    """An address that was given to somebody else must not give them the account as well."""
    if user and Identity.objects.filter(provider=provider, user=user).exists():
        raise NotAdmitted(
            f"{user.email} belongs to another account of {provider.label}. Your administrator can "
            "unlink that one, if it is no longer used."
        )


def _check_user(user: User, provider: IdentityProvider) -> None:
    if not user.is_active:
        raise NotAdmitted("Your account is closed.")
    if user.is_staff or user.is_superuser:
        raise NotAdmitted("Ekyam's own staff sign in with a password and a second factor.")
    if not _signs_in(provider, domain_of(user.email)):
        raise NotAdmitted(f"{provider.label} may not vouch for {user.email} any more.")


def _signs_in(provider: IdentityProvider, domain: str) -> bool:
    found = EmailDomain.objects.filter(provider=provider, domain=domain, verified_at__isnull=False)
    return bool(domain) and found.exists()


def _give_role(provider: IdentityProvider, person: Person, user: User) -> str:
    """Make the membership what the groups say; none where they give nothing."""
    lock_team()
    membership = _membership_of(user)
    role = _decide(provider, person, membership)
    if membership is None and role:
        made = Membership.objects.create(tenant_id=provider.tenant_id, user=user, role=role)
        told = {"role": role, "by": provider.label}
        record("member.joined", subject=made.public_id, label=user.email, after=told)
    elif membership and not role:
        take_out(membership, by=provider.label)
    elif membership and role != membership.role:
        give_role(membership, role)
    if not role:
        raise NotAdmitted(_no_role(provider))
    return role


def _decide(provider: IdentityProvider, person: Person, membership: Membership | None) -> str:
    if person.are_groups_withheld:  # which is no reason to take a role away
        raise NotAdmitted(
            f"You are in more groups than {provider.label} tells of. Your administrator can have "
            "it send only those that are assigned to Ekyam."
        )
    roles = dict(GroupRole.objects.filter(provider=provider).values_list("group", "role"))
    return decide_role(
        person.groups,
        roles=roles,
        default=provider.default_role,
        current=membership.role if membership else "",
        must_stay_owner=membership is not None and _must_stay(membership, provider),
    )


def _must_stay(membership: Membership, provider: IdentityProvider) -> bool:
    is_named = membership.role == Role.OWNER and membership.pk == provider.last_resort_id
    return is_named or is_last_owner(membership)


def _membership_of(user: User) -> Membership | None:
    return Membership.objects.filter(user=user).first()


def _no_role(provider: IdentityProvider) -> str:
    return (
        f"{provider.label} knows you, but none of your groups there has a role here. "
        "Ask your administrator to put you into one that has."
    )
