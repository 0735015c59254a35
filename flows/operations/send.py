"""One try of one delivery, without touching its row: look, then send, and say what came of it."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from django.db import OperationalError, connection

from connectors.channel import Channel
from connectors.client import Client, Exchange
from connectors.errors import (
    AlreadyExists,
    Failure,
    Interrupted,
    MissingLink,
    NothingToDo,
    TooLate,
)
from connectors.spec import Action, Context, Written
from connectors.standard.record import Record as StandardRecord
from flows.mapping.records import write_body

Body = dict[str, Any]


@dataclass(frozen=True)
class Before:
    """What earlier deliveries have done for the same record, by the same action."""

    fingerprint: str = ""  # of the last success
    linked_id: str = ""  # the record's id in the target
    may_have_written: bool = False  # so it is looked up before it is sent
    is_forced: bool = False  # a person asked for it: what seems unchanged is sent all the same


@dataclass(frozen=True)
class Letter:
    """What is to be sent. There is no body while something stands in its way: then `obstacle` is
    what, and if that is a link which the target can be asked for, it is asked."""

    action: Action
    standard: StandardRecord
    context: Context
    before: Before
    learn: Callable[[MissingLink, Written], None]
    body: Body | None = None
    obstacle: Failure | None = None


@dataclass
class Outcome:
    """One of `written`, `unchanged` and `failure` is set."""

    started_at: datetime
    duration_ms: float = 0.0
    written: Written | None = None
    unchanged: str = ""
    failure: Exception | None = None
    wrote: bool = False  # a write may have reached the target, now or earlier
    fingerprint: str = ""
    exchanges: Sequence[Exchange] = ()
    learned: list[tuple[MissingLink, Written]] = field(default_factory=list)
    access_token: str = ""


def try_once(letter: Letter, channel: Channel) -> Outcome:
    """Never raises: a bug is an outcome too. Runs in a thread of its own."""
    client = channel.client()
    outcome = Outcome(started_at=client.now())
    try:
        _try(letter, client, outcome)
    except AlreadyExists as failure:
        outcome.written = Written(failure.external_id, note=failure.message)
    except NothingToDo as nothing:
        outcome.unchanged = nothing.message
    except OperationalError as error:
        words = "Ekyam's own database did not answer in time; it will be tried again."
        outcome.failure = Interrupted(words, sent=False, detail=str(error))
    except Exception as failure:
        outcome.failure = failure
    finally:
        connection.close()  # gives this thread's connection, if it took one, back to the pool
    outcome.wrote = letter.before.may_have_written or client.has_written
    outcome.exchanges = client.exchanges
    outcome.access_token = str(client.credentials.get("access_token", ""))
    outcome.duration_ms = (client.now() - outcome.started_at).total_seconds() * 1000
    return outcome


def _try(letter: Letter, client: Client, outcome: Outcome) -> None:
    action, before = letter.action, letter.before
    letter.standard.check()
    body = letter.body if letter.body is not None else _compose(letter, client, outcome)
    outcome.fingerprint = fingerprint_of(action, gist_of(letter, body))
    outcome.unchanged = why_unchanged(letter, outcome.fingerprint)
    if outcome.unchanged:
        return
    if before.may_have_written and action.find is not None and not action.repeatable:
        outcome.written = client.run(action.find(letter.standard, letter.context))
    if outcome.written is None:
        outcome.written = client.run(action.plan(body, letter.standard, letter.context))


def _compose(letter: Letter, client: Client, outcome: Outcome) -> Body:
    """Write the body, asking the target for each link that is not known but can be found."""
    obstacle = letter.obstacle
    while obstacle is not None:
        outcome.learned.append(_find(obstacle, client, letter.context))
        letter.learn(*outcome.learned[-1])
        try:
            return write_body(letter.action, letter.standard, letter.context)
        except MissingLink as missing:
            obstacle = missing
    return write_body(letter.action, letter.standard, letter.context)


def _find(obstacle: Failure, client: Client, context: Context) -> tuple[MissingLink, Written]:
    """Ask the target for a missing link; raises the obstacle if that is of no use."""
    if isinstance(obstacle, MissingLink) and obstacle.by == "reference":
        finder = client.connector.finders.get(obstacle.resource)
        found = client.run(finder(obstacle.key, context)) if finder else None
        if found is not None:
            return obstacle, found
    raise obstacle


def fingerprint_of(action: Action, body: Any) -> str:
    return hashlib.sha256(msgspec.json.encode([action.name, body])).hexdigest()


def gist_of(letter: Letter, body: Body) -> Any:
    """What a later delivery is compared with."""
    return letter.action.gist(letter.standard) if letter.action.gist else body


def why_unchanged(letter: Letter, fingerprint: str) -> str:
    """Why nothing needs to be sent; empty when something does.

    Raises TooLate for a change of what the target has accepted and no longer lets us change.
    """
    action, before = letter.action, letter.before
    if before.is_forced:
        return ""
    if before.fingerprint == fingerprint:  # even if it was sent again: the same was written
        return "The target holds exactly this already."
    if before.may_have_written:
        return ""
    if action.links and before.linked_id and not action.latest_wins:
        if not before.fingerprint:
            return f"It is there already, as {before.linked_id}."
        raise TooLate(
            f"It was changed after the target had accepted it as {before.linked_id};"
            " change it there by hand, or cancel it and send it anew."
        )
    return ""
