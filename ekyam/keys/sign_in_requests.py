"""What an application asks when it sends a person here to sign in: judged before allauth sees it.

allauth is given what is judged here and nothing else of the address, because it allows more than we
do: redirects that are alike, PKCE in plain text, answers in the address.
"""

import re
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext

from ekyam.keys.models import Application
from ekyam.keys.sign_in import SCOPES, find_application

LONGEST = 1000  # characters of state and nonce
PASSED_ON = (
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
)
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # base64url of a SHA-256


class NotToBeSentBack(Exception):
    """Who asks, or where to go back to, is not known: told to the person, and to nobody else."""


class SendBack(Exception):
    """`error` is told to the application, at an address that is known to be its own."""

    def __init__(self, error: str, asked: "Asked") -> None:
        super().__init__(error)
        self.error, self.asked = error, asked


@dataclass(frozen=True)
class Asked:
    application: Application
    redirect_uri: str
    state: str
    prompts: frozenset[str]
    said: dict[str, str] = field(repr=False)

    @property
    def address_with(self) -> str:
        return self.redirect_uri + ("&" if "?" in self.redirect_uri else "?")

    def back_with_error(self, error: str) -> str:
        answer = {"error": error} | ({"state": self.state} if self.state else {})
        return self.address_with + urlencode(answer)

    @property
    def query(self) -> str:
        """What allauth is given."""
        passed = {name: self.said[name] for name in PASSED_ON if name in self.said}
        if "login" in self.prompts:
            passed["prompt"] = "login"
        return urlencode(passed)


def read_request(query: QueryDict) -> Asked:
    """Raises NotToBeSentBack, SendBack."""
    said = {name: str(value) for name, value in query.dict().items()}
    if any(len(query.getlist(name)) > 1 for name in (*PASSED_ON, "prompt")):
        raise NotToBeSentBack(gettext("Something was said twice."))
    application = find_application(said.get("client_id", ""))
    if application is None:
        raise NotToBeSentBack(
            gettext("The application that sent you is not known here, or was removed.")
        )
    redirect_uri = said.get("redirect_uri", "")
    if redirect_uri not in application.redirects:
        raise NotToBeSentBack(
            gettext("{name} wants you back at an address that is not registered for it.").format(
                name=application.name
            )
        )
    asked = Asked(
        application=application,
        redirect_uri=redirect_uri,
        state=said.get("state", ""),
        prompts=frozenset(said.get("prompt", "").split()),
        said=said,
    )
    if error := _find_error(asked):
        raise SendBack(error, asked)
    return asked


def _find_error(asked: Asked) -> str:
    """By the names of RFC 6749, section 4.1.2.1."""
    said = asked.said
    scopes = said.get("scope", "").split()
    if said.get("response_type") != "code":
        return "unsupported_response_type"
    if said.get("code_challenge_method") != "S256":
        return "invalid_request"
    if not _CHALLENGE.fullmatch(said.get("code_challenge", "")):
        return "invalid_request"
    if max(len(asked.state), len(said.get("nonce", ""))) > LONGEST:
        return "invalid_request"
    if "openid" not in scopes or not set(scopes) <= SCOPES.keys():
        return "invalid_scope"
    if "none" in asked.prompts and asked.prompts != {"none"}:
        return "invalid_request"
    return ""
