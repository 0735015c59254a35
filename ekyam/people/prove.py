"""Proving who one is by a code: one transaction, one row locked, one plain answer."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from ekyam.people import codes, limits
from ekyam.people.models import Factor, MailedCode
from ekyam.people.notes import note_for_person
from ekyam.people.ways import MODELS, Way
from ekyam.tenants.models import User


def prove_by_code(
    user: User, way: Way, typed: str, *, address: str, now: datetime | None = None
) -> bool | Factor:
    """The factor that took the code; True for the mailbox's; False when it is wrong, expired, used
    or no code at all. Raises limits.TooMany. Of parallel tries of one code, one succeeds.
    """
    now, code = now or timezone.now(), codes.tidy(typed)
    limits.count_try(str(user.pk), address, now)
    with transaction.atomic():
        proof = _take(user, way, code, now)
        if not proof:
            note_refusal(user, way, address)
    if proof:
        limits.forgive_try(str(user.pk), address, now)
    return proof


def confirm_by_code(
    factor: Factor, typed: str, *, address: str, now: datetime | None = None
) -> bool:
    """Whether a factor that is being set up works, and so the person has it. Raises TooMany."""
    now, code = now or timezone.now(), codes.tidy(typed)
    limits.count_try(str(factor.user_id), address, now)
    with transaction.atomic():
        row = type(factor).objects.select_for_update().filter(pk=factor.pk).first()
        is_right = row is not None and row.accept(code, now)
        if not is_right:
            note_refusal(factor.user, Way(factor.way), address)
    if is_right:
        limits.forgive_try(str(factor.user_id), address, now)
    return is_right


def note_refusal(user: User, way: Way, address: str) -> None:
    note_for_person(user, "person.code_refused", address=address, after={"by": str(way)})


def _take(user: User, way: Way, code: str, now: datetime) -> bool | Factor:
    if way is Way.MAIL:
        mailed = MailedCode.objects.select_for_update().filter(user=user).first()
        return mailed is not None and mailed.accept_sent(code, now)
    rows = MODELS[way].objects.select_for_update().filter(user=user, confirmed=True)
    took = [factor for factor in rows.order_by("pk") if factor.accept(code, now)]
    return took[0] if took else False
