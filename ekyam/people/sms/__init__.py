"""Text messages: what a gateway is, and which one this installation has."""

from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string


class GatewayRefused(Exception):
    """The message was not taken; says why, and holds neither the text nor a secret."""


class Gateway(Protocol):
    def send(self, number: str, text: str) -> None:
        """`number` is E.164. Returns when the gateway took it, or raises GatewayRefused."""
        ...


GATEWAYS = {
    "console": "ekyam.people.sms.console.Console",
    "twilio": "ekyam.people.sms.twilio.Twilio",
}


def is_offered() -> bool:
    """Without a gateway no mobile phone can be set up."""
    return settings.SMS_GATEWAY in GATEWAYS


def get_gateway() -> Gateway:
    if not is_offered():
        raise GatewayRefused("No gateway for text messages is set up.")
    gateway: Gateway = import_string(GATEWAYS[settings.SMS_GATEWAY])()
    return gateway
