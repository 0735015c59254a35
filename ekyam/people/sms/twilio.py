"""Twilio: POST /2010-04-01/Accounts/{AccountSid}/Messages.json, answered by 201."""

import base64
from dataclasses import dataclass, field
from urllib.parse import urlencode

import msgspec
from django.conf import settings

from ekyam import outbound
from ekyam.people.sms import GatewayRefused

URL = "https://api.twilio.com"
DEADLINE_SECONDS = 8.0
LONGEST_ANSWER = 64 * 1024


@dataclass
class Twilio:
    """`sender` is a number of ours, or the id of a messaging service (MG...)."""

    url: str = URL
    account: str = field(default_factory=lambda: settings.TWILIO_ACCOUNT_SID)
    token: str = field(default_factory=lambda: settings.TWILIO_AUTH_TOKEN, repr=False)
    sender: str = field(default_factory=lambda: settings.TWILIO_FROM)
    allow: frozenset[tuple[str, int]] = frozenset()

    def send(self, number: str, text: str) -> None:
        basic = base64.b64encode(f"{self.account}:{self.token}".encode()).decode()
        named = "MessagingServiceSid" if self.sender.startswith("MG") else "From"
        try:
            answer = outbound.send(
                "POST",
                f"{self.url}/2010-04-01/Accounts/{self.account}/Messages.json",
                headers={
                    "authorization": f"Basic {basic}",
                    "content-type": "application/x-www-form-urlencoded",
                },
                body=urlencode({"To": number, named: self.sender, "Body": text}).encode(),
                deadline_seconds=DEADLINE_SECONDS,
                max_response_bytes=LONGEST_ANSWER,
                allow=self.allow,
            )
        except outbound.OutboundError as error:
            raise GatewayRefused(f"Twilio was not reached: {type(error).__name__}.") from error
        if answer.status != 201:
            raise GatewayRefused(f"Twilio answered {answer.status}, code {_code(answer.body)}.")


def _code(body: bytes) -> str:
    """The number of Twilio's error; its words may repeat the message."""
    try:
        return str(int(msgspec.json.decode(body)["code"]))
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        return "unknown"
