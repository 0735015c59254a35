"""One try of one delivery, without touching its row: look, then send, and say what came of it."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
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
from connectors.spec import Action, Context, Entry, Mapping, Written
from connectors.standard.record import Record as StandardRecord
from flows.mapping.records import write_body
from flows.models import Delivery

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
    writer: Mapping | None = None  # its version's; None is the connector's own
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

    @property
    def ended_at(self) -> datetime:
        return self.started_at + timedelta(milliseconds=self.duration_ms)


@dataclass(frozen=True)
class Try:
    """A delivery with what was sent of it, and what came of that."""

    delivery: Delivery
    letter: Letter
    outcome: Outcome


def try_together(letters: Sequence[Letter], channel: Channel) -> list[Outcome]:
    """Never raises: a bug is an outcome too. Runs in a thread of its own."""
    if letters[0].action.plan_many is None:
        return [try_once(letter, channel) for letter in letters]
    return _try_many(letters, channel)


def _try_many(letters: Sequence[Letter], channel: Channel) -> list[Outcome]:
    """What stands in one letter's way holds back no other."""
    client = channel.client(letters[0].action.lane)
    outcomes = [Outcome(started_at=client.now()) for _ in letters]
    entries: dict[int, Entry] = {}
    for place, letter in enumerate(letters):
        try:
            letter.standard.check()
            body = (
                letter.body
                if letter.body is not None
                else _compose(letter, client, outcomes[place])
            )
            entries[place] = Entry(body, letter.standard, letter.context)
        except Exception as obstacle:
            _note_failure(outcomes[place], obstacle)
    many = letters[0].action.plan_many
    assert many is not None
    found: Sequence[Written | Exception] = []
    try:
        found = client.run(many(list(entries.values()))) if entries else []
    except Exception as failure:
        found = [failure] * len(entries)
    finally:
        connection.close()
    for (place, entry), one in zip(entries.items(), found, strict=True):
        if isinstance(one, Written):
            outcomes[place].written = one
        else:
            _note_failure(outcomes[place], one)
        outcomes[place].exchanges = excerpts(client.exchanges, entry, len(entries))
    for place, outcome in enumerate(outcomes):
        may_have = letters[place].before.may_have_written
        outcome.wrote = may_have or (place in entries and client.has_written)
        outcome.access_token = str(client.credentials.get("access_token", ""))
        outcome.duration_ms = (client.now() - outcome.started_at).total_seconds() * 1000
    return outcomes


def _note_failure(outcome: Outcome, failure: Exception) -> None:
    if isinstance(failure, AlreadyExists):
        outcome.written = Written(failure.external_id, note=failure.message)
    elif isinstance(failure, NothingToDo):
        outcome.unchanged = failure.message
    elif isinstance(failure, OperationalError):
        words = "Ekyam's own database did not answer in time; it will be tried again."
        outcome.failure = Interrupted(words, sent=False, detail=str(failure))
    else:
        outcome.failure = failure


def excerpts(exchanges: Sequence[Exchange], entry: Entry, count: int) -> list[Exchange]:
    """What was said of one of several records: its own entry, and not what went with it."""
    if count == 1:
        return list(exchanges)
    return [
        replace(one, request=replace(one.request, json={"one of": count, "entry": entry.body}))
        for one in exchanges
    ]


def try_once(letter: Letter, channel: Channel) -> Outcome:
    client = channel.client(letter.action.lane)
    outcome = Outcome(started_at=client.now())
    try:
        _try(letter, client, outcome)
    except Exception as failure:
        _note_failure(outcome, failure)
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
            return _body(letter)
        except MissingLink as missing:
            obstacle = missing
    return _body(letter)


def _body(letter: Letter) -> Body:
    return write_body(letter.action, letter.standard, letter.context, letter.writer)


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
