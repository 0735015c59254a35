"""The client credentials grant (RFC 6749, section 4.4) by oauthlib.

Who calls has proved itself before; all that is asked here is what it may have.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from oauthlib.oauth2 import BackendApplicationServer, RequestValidator

from ekyam.keys.models import Application
from ekyam.keys.tokens import LIFETIME_SECONDS, make_token
from ekyam.tenants.rights import Right


def ask_for_token(
    application: Application, rights: frozenset[Right], said: Mapping[str, str]
) -> tuple[int, dict[str, Any]]:
    """The status and the body of RFC 6749, sections 5.1 and 5.2."""
    server = BackendApplicationServer(
        _Answers(application, rights),
        token_generator=lambda request: make_token(application, _as_rights(request.scopes)),
        token_expires_in=LIFETIME_SECONDS,
    )
    asked = {name: said[name] for name in ("grant_type", "scope") if said.get(name)}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    _, body, status = server.create_token_response("/", "POST", urlencode(asked), form)
    return status, json.loads(body)


class _Answers(RequestValidator):  # type: ignore[misc]
    """Of one application; its tokens are signed and kept nowhere."""

    def __init__(self, application: Application, rights: frozenset[Right]) -> None:
        super().__init__()
        self.application, self.rights = application, rights

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        request.client = self.application
        return True

    def validate_grant_type(
        self, client_id: Any, grant_type: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """An application that people only sign in to has no business of its own."""
        return grant_type == "client_credentials" and bool(self.rights)

    def validate_scopes(
        self, client_id: Any, scopes: Sequence[str], client: Any, request: Any, *a: Any, **kw: Any
    ) -> bool:
        return set(scopes) <= self.rights

    def get_default_scopes(
        self, client_id: Any, request: Any, *args: Any, **kwargs: Any
    ) -> list[str]:
        return sorted(self.rights)

    def save_bearer_token(self, token: Any, request: Any, *args: Any, **kwargs: Any) -> None:
        """A signed token needs no row."""


def _as_rights(scopes: Sequence[str]) -> frozenset[Right]:
    return frozenset(Right(scope) for scope in scopes)
