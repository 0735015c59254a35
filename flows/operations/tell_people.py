"""What rules want people to be told: a fact, and a mail after the commit; of each record once."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog
from django.core.mail import send_mail
from django.db import connection as db
from django.db import transaction

from ekyam.tenants.models import Membership, Role
from ekyam.tenants.rights import RIGHTS
from flows.models import Delivery, Fact
from flows.operations.publish import RULE_NOTIFIED, fact
from flows.operations.read import Reading
from flows.operations.turns import threads
from flows.rules.verdict import Notice
from flows.states import State

log = structlog.get_logger(__name__)
MOST_NAMED = 20  # records in one mail
_TOLD = """
    SELECT record_id, data->>'rule' FROM flows_fact WHERE record_id = ANY(%s) AND kind = %s
"""


def notices_of(made: Iterable[tuple[Reading, Delivery]], now: datetime) -> list[Fact]:
    """The facts to be inserted; their mails leave when the transaction is through."""
    found: dict[tuple[UUID, str], tuple[Notice, Delivery]] = {}
    for reading, delivery in made:
        verdict = reading.verdict
        is_news = delivery.state != State.SUPERSEDED and not reading.is_part
        if verdict is not None and delivery.record_id and is_news:
            for notice in verdict.notices:
                found[delivery.record_id, notice.rule] = (notice, delivery)
    if not found:
        return []
    with db.cursor() as cursor:
        cursor.execute(_TOLD, [[record_id for record_id, _ in found], RULE_NOTIFIED])
        for key in cursor.fetchall():
            found.pop(key, None)
    alike: dict[Notice, list[str]] = defaultdict(list)
    for notice, delivery in found.values():
        alike[notice].append(_name(delivery))
    for notice, names in alike.items():
        _mail(notice, names)
    return [_fact(notice, delivery, now) for notice, delivery in found.values()]


def _name(delivery: Delivery) -> str:
    record = delivery.record
    return (record.label or record.reference) if record else delivery.external_id


def _fact(notice: Notice, delivery: Delivery, now: datetime) -> Fact:
    return fact(
        delivery.tenant_id,
        RULE_NOTIFIED,
        subject=delivery.record.reference if delivery.record else delivery.external_id,
        at=now,
        record_id=delivery.record_id,
        delivery=delivery.public_id,
        rule=notice.rule,
        message=notice.message,
    )


def _mail(notice: Notice, names: list[str]) -> None:
    to = _people(notice.role)
    if not to:
        return
    shown = ", ".join(names[:MOST_NAMED])
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    subject = f"{' '.join(notice.rule.split())}: {names[0]}"
    subject += f" and {len(names) - 1} more" if len(names) > 1 else ""
    text = f"{notice.message}\n\nThe rule «{notice.rule}» asks to tell you of: {shown}{more}.\n"
    transaction.on_commit(partial(threads().submit, _send, subject, text, to))


def _people(role: str) -> list[str]:
    """Everybody with this role, or one with more rights."""
    enough = [str(one) for one in Role if RIGHTS[one] >= RIGHTS[Role(role)]]
    rows = Membership.objects.filter(role__in=enough, user__is_active=True)
    return sorted(rows.values_list("user__email", flat=True))


def _send(subject: str, text: str, to: list[str]) -> None:
    """One mail each: nobody learns who else is told. A mail server that is away stops nothing."""
    for address in to:
        try:
            send_mail(" ".join(subject.split()), text, None, [address])
        except OSError as error:
            log.warning("mail not sent", error=str(error))
