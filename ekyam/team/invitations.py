"""Inviting people, and what becomes of it."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from ekyam.audit.record import record
from ekyam.people.accounts import mark_verified
from ekyam.team.members import Refused, check_gives, lock_team, may_give, rights_now
from ekyam.team.models import Invitation
from ekyam.tenants.models import Membership, Role, User
from ekyam.tenants.scope import across_tenants, tenant_scope

LIFETIME = timedelta(days=7)
TOKEN_BYTES = 32
# So that nobody has Ekyam write to strangers without end.
MOST_A_DAY = 50
MOST_MAILS = 5
BETWEEN_TWO = timedelta(minutes=1)


class Void(Exception):
    """No invitation can be accepted by this: unknown, used, called off, too old; all alike."""


class AnotherPerson(Exception):
    """The invitation is for another address than that of the person who is signed in."""

    def __init__(self, invitation: Invitation) -> None:
        super().__init__(gettext("This invitation is for {email}.").format(email=invitation.email))
        self.invitation = invitation


def digest(token: str) -> str:
    """Tokens are random, with 256 bits: no slow hash is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def invite(*, by: User, email: str, role: str) -> tuple[Invitation, str]:
    """Return it with the token for its link, which exists nowhere else. Raises Refused."""
    tenant_id = lock_team()
    check_gives(rights_now(by), role)
    email = email.strip().lower()
    if Membership.objects.filter(user__email=email).exists():
        raise Refused(gettext("{email} is a member already.").format(email=email))
    if _open().filter(email=email).exists():
        raise Refused(
            gettext(
                "{email} is invited already. Send the invitation again, or call it off."
            ).format(email=email)
        )
    _check_pace()
    token, now = secrets.token_urlsafe(TOKEN_BYTES), timezone.now()
    invitation = Invitation.objects.create(
        tenant_id=tenant_id,
        email=email,
        role=Role(role),
        invited_by=by,
        token_digest=digest(token),
        expires_at=now + LIFETIME,
    )
    _note("member.invited", invitation)
    return invitation, token


def send_again(*, by: User, invitation: Invitation) -> str:
    """Return the new token: the one before opens nothing from now on. Raises Refused."""
    lock_team()
    _lock_open(invitation)
    check_gives(rights_now(by), invitation.role)
    now = timezone.now()
    if now - invitation.sent_at < BETWEEN_TWO:
        raise Refused(
            gettext("It was sent less than a minute ago. Wait a little, then send it again.")
        )
    if invitation.mails >= MOST_MAILS:
        raise Refused(
            gettext(
                "It was sent {most_mails} times. Call it off, and ask whether they got it."
            ).format(most_mails=MOST_MAILS)
        )
    _check_pace()
    token = secrets.token_urlsafe(TOKEN_BYTES)
    invitation.token_digest, invitation.invited_by = digest(token), by
    invitation.sent_at, invitation.expires_at = now, now + LIFETIME
    invitation.mails += 1
    invitation.save()
    _note("member.invited_again", invitation)
    return token


def call_off(*, by: User, invitation: Invitation) -> None:
    """Raises Refused."""
    lock_team()
    _lock_open(invitation)
    check_gives(rights_now(by), invitation.role)
    invitation.called_off_at = timezone.now()
    invitation.save(update_fields=["called_off_at"])
    _note("member.invitation_called_off", invitation)


def find_invitation(token_digest: str) -> Invitation:
    """Return one that can be accepted now, with its tenant, or raise Void."""
    with across_tenants("an invitation is found by its link, before its company is known"):
        rows = Invitation.objects.select_related("tenant", "invited_by")
        found = rows.filter(token_digest=token_digest).first()
    if found is None:
        raise Void
    with tenant_scope(found.tenant):
        _check_holds(found, timezone.now())
    return found


def note_refused(token_digest: str) -> None:
    """Tell the company of a link that somebody follows although it holds no more."""
    with across_tenants("a link that does not hold is told to its company"):
        found = Invitation.objects.filter(token_digest=token_digest).first()
    if found is not None:
        with tenant_scope(found.tenant_id):
            record("member.invitation_refused", subject=found.public_id, label=found.email)


def join(*, token_digest: str, user: User) -> Invitation:
    """Make the person a member. Raises Void and AnotherPerson; twice at once, one of them Void."""
    found = find_invitation(token_digest)
    if found.email != user.email:
        raise AnotherPerson(found)
    with tenant_scope(found.tenant):
        lock_team()
        _accept(found, token_digest, user)
    return found


def join_anew(*, token_digest: str, name: str, password: str) -> tuple[Invitation, User]:
    """Make the account and the membership, both or neither. The link came by mail: it is verified.

    Raises Void, also for an address that has an account by now.
    """
    found = find_invitation(token_digest)
    try:
        with tenant_scope(found.tenant):
            lock_team()
            with transaction.atomic():
                user = User.objects.create_user(found.email, password, name=name)
            _accept(found, token_digest, user)
    except IntegrityError as error:
        raise Void from error
    return found, user


def has_account(invitation: Invitation) -> bool:
    """For whoever holds the link, and so reads that address's mail; for nobody else."""
    return User.objects.filter(email=invitation.email).exists()


def _accept(invitation: Invitation, token_digest: str, user: User) -> None:
    """Under the lock: it may have been used, sent again or called off since it was found."""
    invitation.refresh_from_db()
    if invitation.token_digest != token_digest:
        raise Void
    _check_holds(invitation, timezone.now())
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])
    mark_verified(user)
    member, is_new = Membership.objects.get_or_create(
        tenant_id=invitation.tenant_id, user=user, defaults={"role": invitation.role}
    )
    if is_new:
        told = {"role": member.role, "invited_by": invitation.invited_by.email}
        record("member.joined", subject=member.public_id, label=user.email, after=told)


def _check_holds(invitation: Invitation, now: datetime) -> None:
    is_open = invitation.accepted_at is None and invitation.called_off_at is None
    if not is_open or invitation.expires_at <= now or not stands(invitation):
        raise Void


def stands(invitation: Invitation) -> bool:
    """Whether whoever invited may still give that role: in the scope of its company."""
    return may_give(rights_now(invitation.invited_by), invitation.role)


def _open() -> QuerySet[Invitation]:
    return Invitation.objects.filter(accepted_at=None, called_off_at=None)


def _lock_open(invitation: Invitation) -> None:
    invitation.refresh_from_db()
    if invitation.accepted_at or invitation.called_off_at:
        raise Refused(gettext("This invitation was accepted or called off meanwhile."))


def _check_pace() -> None:
    since = timezone.now() - timedelta(days=1)
    if Invitation.objects.filter(sent_at__gt=since).count() >= MOST_A_DAY:
        raise Refused(
            gettext("{most_a_day} invitations were sent within a day. Go on tomorrow.").format(
                most_a_day=MOST_A_DAY
            )
        )


def _note(action: str, invitation: Invitation) -> None:
    told = {"role": invitation.role, "until": invitation.expires_at.isoformat()}
    record(action, subject=invitation.public_id, label=invitation.email, after=told)
