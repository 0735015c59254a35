"""Sends codes: by text message, and by mail. The row is committed before anything leaves."""

from datetime import datetime

import structlog
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from ekyam.addresses import network_of
from ekyam.people import limits, sms
from ekyam.people.models import MailedCode, PhoneFactor
from ekyam.tenants.models import User

log = structlog.get_logger(__name__)
TEXT = gettext_lazy(
    "{code} is your code for Ekyam. It is good for 5 minutes. We never ask you for it."
)
MAIL = gettext_lazy("""{code} is your code for Ekyam. It is good for 5 minutes.

Somebody entered your password. If that was not you, change it now:
whoever it was cannot get any further without this code.
""")


class NotSent(Exception):
    """The code could not be sent; the message says why, for the person who waits for it."""


def text_code(phone: PhoneFactor, *, address: str, now: datetime | None = None) -> None:
    """Raises TooSoon, TooMany or NotSent."""
    now = now or timezone.now()
    limits.TEXTS_FROM_ADDRESS.count(network_of(address), now)
    with transaction.atomic():
        row = PhoneFactor.objects.select_for_update().get(pk=phone.pk)
        code = row.issue(now)
        limits.TEXTS_TO_NUMBER.count(row.number, now)
    try:
        sms.get_gateway().send(row.number, TEXT.format(code=code))
    except sms.GatewayRefused as error:
        log.warning("text_not_sent", person=row.user.public_id, reason=str(error))
        raise NotSent(gettext("The text message could not be sent. Choose another way.")) from error


def mail_code(user: User, *, now: datetime | None = None) -> None:
    """Raises TooSoon or NotSent."""
    now = now or timezone.now()
    MailedCode.objects.get_or_create(user=user)
    with transaction.atomic():
        code = MailedCode.objects.select_for_update().get(user=user).issue(now)
    try:
        send_mail(gettext("Your code for Ekyam"), MAIL.format(code=code), None, [user.email])
    except OSError as error:
        log.warning("mail_not_sent", person=user.public_id, reason=str(error))
        raise NotSent(gettext("The mail could not be sent. Try again in a minute.")) from error
