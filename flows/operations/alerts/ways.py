"""Hands one message to one channel, once: mail, Slack, a signed webhook, a text message."""

import base64
import hashlib
import hmac
import time
from dataclasses import asdict, dataclass, field

import msgspec
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.utils.translation import gettext

from ekyam import outbound
from ekyam.people import numbers, sms
from ekyam.tenants.models import Membership, Role
from flows.alerts.words import Message, body, headline, short, slack_text
from flows.models import AlertChannel

DEADLINE_SECONDS = 10.0
LONGEST_ANSWER = 64 * 1024
Kind = AlertChannel.Kind


class NotTaken(Exception):
    """The message did not leave; says why, without the address."""


class Unfit(Exception):
    """This address cannot be used; says why, for whoever typed it."""


def check_address(kind: str, address: str) -> tuple[str, str]:
    """The address as it is kept, and what of it may be shown. Raises Unfit."""
    address = address.strip()
    if kind == Kind.EMAIL:
        try:
            validate_email(address)
        except ValidationError as error:
            raise Unfit(gettext("This is no e-mail address.")) from error
        name, _, domain = address.partition("@")
        return address, f"{name[:1]}…@{domain}"
    if kind == Kind.SMS:
        return _check_number(address)
    if kind in (Kind.SLACK, Kind.WEBHOOK):
        return _check_url(address)
    return "", ""


def _check_number(address: str) -> tuple[str, str]:
    try:
        number = numbers.read_number(address)
    except numbers.NotMobile as error:
        raise Unfit(str(error)) from error
    return number, f"{number[:3]}…{number[-2:]}"


def _check_url(address: str) -> tuple[str, str]:
    try:
        if not outbound.allowance(address) & _private():
            outbound.refuse_unfit(address)
    except outbound.OutboundError as error:
        raise Unfit(str(error)) from error
    host = address.split("/")[2]
    return address, f"{host}/…"


@dataclass(frozen=True)
class Way:
    """A channel that is open: nothing of it needs the database any more."""

    kind: str
    to: list[str] = field(repr=False)
    secret: bytes = field(repr=False)


def open_way(channel: AlertChannel) -> Way:
    """Inside the company's scope."""
    if channel.kind == Kind.OWNERS:
        rows = Membership.objects.filter(role=Role.OWNER, user__is_active=True)
        return Way(channel.kind, sorted(rows.values_list("user__email", flat=True)), b"")
    address = (channel.unseal("address") or b"").decode()
    return Way(channel.kind, [address], channel.unseal("secret") or b"")


def hand_over(way: Way, message: Message, *, key: str) -> None:
    """Outside of any transaction. `key` names the message for whoever gets it, also if it comes
    twice. Raises NotTaken."""
    if way.kind in (Kind.OWNERS, Kind.EMAIL):
        _mail(way.to, message)
    elif way.kind == Kind.SMS:
        _text(way.to[0], message)
    elif way.kind == Kind.SLACK:
        _post(way.to[0], msgspec.json.encode({"text": slack_text(message)}), {})
    else:
        payload = msgspec.json.encode({"type": f"alert.{message.kind}", **asdict(message)})
        _post(way.to[0], payload, _signed(way.secret, key, payload))


def _mail(to: list[str], message: Message) -> None:
    """One each: nobody learns who else is told."""
    try:
        for address in to:
            send_mail(headline(message), body(message), None, [address])
    except OSError as error:
        raise NotTaken(f"The mail server did not take it: {type(error).__name__}.") from error


def _text(number: str, message: Message) -> None:
    try:
        sms.get_gateway().send(number, short(message))
    except sms.GatewayRefused as error:
        raise NotTaken(str(error)) from error


def _post(url: str, content: bytes, headers: dict[str, str]) -> None:
    try:
        answer = outbound.send(
            "POST",
            url,
            headers={"content-type": "application/json", **headers},
            body=content,
            deadline_seconds=DEADLINE_SECONDS,
            max_response_bytes=LONGEST_ANSWER,
            allow=_private(),
        )
    except outbound.Refused as error:
        raise NotTaken("Its address is not one of the public internet.") from error
    except outbound.OutboundError as error:
        raise NotTaken(f"It was not reached: {type(error).__name__}.") from error
    if not 200 <= answer.status < 300:
        raise NotTaken(f"It answered {answer.status}.")


def _signed(secret: bytes, key: str, content: bytes) -> dict[str, str]:
    """As Standard Webhooks says: HMAC-SHA256 over the id, the time and the body."""
    raw = base64.b64decode(secret.removeprefix(b"whsec_"))
    at = str(int(time.time()))
    digest = hmac.new(raw, b".".join((key.encode(), at.encode(), content)), hashlib.sha256).digest()
    signature = base64.b64encode(digest).decode()
    return {"webhook-id": key, "webhook-timestamp": at, "webhook-signature": f"v1,{signature}"}


def _private() -> frozenset[tuple[str, int]]:
    return outbound.allowance(*settings.ALERT_PRIVATE_URLS)
