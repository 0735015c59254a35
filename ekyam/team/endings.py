"""Who looks after people may sign them out.

A session is a person's, and may be of several companies. Of a person who has only this one, all
sessions are shown and can be ended one by one; of another, only those in which they act here: where
else they work is no business of ours. «All of them» ends all, also those that are not shown; it
costs the person a sign-in and nobody a right, and a stolen device cannot wait for a second company.
"""

import uuid

from ekyam.audit.record import record
from ekyam.sessions.browsers import describe
from ekyam.sessions.models import Session
from ekyam.sessions.operations import end_all, end_one
from ekyam.sessions.queries import SignedIn, list_sessions
from ekyam.team.members import check_touches, rights_now
from ekyam.tenants.models import Membership, User
from ekyam.tenants.scope import user_scope


def list_member_sessions(
    member: Membership, *, here: str = "", elsewhere: bool | None = None
) -> list[SignedIn]:
    """`elsewhere` says that the person belongs elsewhere too, to whoever has asked already."""
    return list_sessions(member.user, here=here, company=_only_in(member, elsewhere))


def belongs_elsewhere(member: Membership) -> bool:
    with user_scope(member.user):
        return Membership.objects.filter(user=member.user).count() > 1


def _only_in(member: Membership, elsewhere: bool | None = None) -> uuid.UUID | None:
    is_elsewhere = belongs_elsewhere(member) if elsewhere is None else elsewhere
    return member.tenant_id if is_elsewhere else None


def end_member_session(*, by: User, member: Membership, session: str) -> str:
    """Return the browser's name. Raises Refused, and DoesNotExist for one that is not shown."""
    check_touches(rights_now(by), member)
    if session not in {one.id for one in list_member_sessions(member)}:
        raise Session.DoesNotExist(session)
    row = end_one(member.user, session)
    browser = describe(row.browser)
    _note("session.ended", member, {"browser": browser, "address": row.address})
    return browser


def end_member_sessions(*, by: User, member: Membership) -> None:
    """Raises Refused. How many there were is not told: some may be another company's."""
    check_touches(rights_now(by), member)
    end_all(member.user)
    _note("session.all_ended", member, None)


def _note(action: str, member: Membership, after: dict[str, str] | None) -> None:
    record(action, subject=member.public_id, label=member.user.email, after=after)
