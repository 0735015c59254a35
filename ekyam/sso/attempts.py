"""Sign-ins that are under way: kept in the browser's own session, each good once."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib.sessions.backends.base import SessionBase, UpdateError

SESSION_KEY = "sso_attempts"
LIFETIME_SECONDS = 600
MOST = 10  # of one browser; the oldest gives way

SIGN_IN, TRY = "sign_in", "try"


@dataclass(frozen=True)
class Attempt:
    """`state` finds it again: the state of OpenID Connect, the id of a SAML request.

    `next` is the page to go to afterwards, `begun_at` seconds since the epoch.
    """

    provider: str
    state: str
    purpose: str
    next: str
    nonce: str
    verifier: str
    begun_at: float


def keep(session: SessionBase, attempt: Attempt) -> None:
    waiting = {**_living(session), attempt.state: asdict(attempt)}
    session[SESSION_KEY] = dict(list(waiting.items())[-MOST:])


def take(session: SessionBase, *, provider: str, state: str) -> Attempt | None:
    """Return the attempt and forget it. One of another provider stays where it is."""
    waiting = dict(_living(session))
    found = waiting.get(state)
    if not found or found["provider"] != provider:
        return None
    del waiting[state]
    session[SESSION_KEY] = waiting
    try:
        session.save()  # at once: what follows takes long, and may fail
    except UpdateError:  # signed out in another window at this very moment
        return None
    return Attempt(**found)


def _living(session: SessionBase) -> Mapping[str, dict[str, Any]]:
    oldest = time.time() - LIFETIME_SECONDS
    waiting: Mapping[str, dict[str, Any]] = session.get(SESSION_KEY) or {}
    return {state: one for state, one in waiting.items() if one["begun_at"] > oldest}
