"""Who looks after dead letters, and what people say of them."""

from uuid import UUID

from django.utils.translation import gettext

from ekyam.audit.actors import current_actor
from ekyam.audit.record import record
from ekyam.tenants.models import Membership
from ekyam.tenants.scope import current_tenant_id
from flows.models import Assignee, Comment, Delivery

LONGEST = 2_000  # characters of a comment


class NotSaid(ValueError):
    """What was typed is no comment; the text says why."""


def assign(
    cause: UUID, member: Membership | None, *, delivery: Delivery | None = None, label: str = ""
) -> None:
    """Give a cause, or one letter of it, to a member; to nobody with None."""
    tenant_id = current_tenant_id()
    assert tenant_id
    if delivery is None:
        here = Assignee.objects.filter(cause=cause, delivery=None)
    else:
        here = Assignee.objects.filter(delivery=delivery)
    before = here.select_related("member__user").first()
    if (before.member_id if before else None) == (member.pk if member else None):
        return
    here.delete()
    if member is not None:
        Assignee.objects.create(tenant_id=tenant_id, cause=cause, delivery=delivery, member=member)
    record(
        "dead_letters.assigned",
        subject=delivery.public_id if delivery else cause.hex,
        label=label,
        before={"to": before.member.user.email if before else "nobody"},
        after={"to": member.user.email if member else "nobody"},
    )


def comment(
    text: str, *, cause: UUID | None = None, delivery: Delivery | None = None, label: str = ""
) -> None:
    """Say something of a cause or of one letter. Raises NotSaid.

    The words stay out of the audit log, which is never taken back: they may name customers.
    """
    tenant_id = current_tenant_id()
    assert tenant_id
    said = text.replace("\x00", "").strip()
    if not said:
        raise NotSaid(gettext("Write something first."))
    if len(said) > LONGEST:
        raise NotSaid(
            gettext(
                "A comment has at most {longest:,} characters, and this one has {said:,}. "
                "Shorten it, or write two."
            ).format(longest=LONGEST, said=len(said))
        )
    actor = current_actor()
    row = Comment.objects.create(
        tenant_id=tenant_id, cause=cause, delivery=delivery, text=said, author=actor.label[:254]
    )
    subject = delivery.public_id if delivery else (cause.hex if cause else "")
    after = {"comment": row.public_id, "characters": len(said)}
    record("dead_letters.commented", subject=subject, label=label, after=after)
