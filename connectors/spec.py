"""What a connector declares: data and small pure functions, no database and no tenant."""

from collections.abc import Callable, Collection, Generator, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal, TypeVar

from connectors.context import Context as Context
from connectors.errors import Failure
from connectors.lines import Line as Line
from connectors.lines import Mapping as Mapping
from connectors.wire import Meter as Meter
from connectors.wire import Request as Request
from connectors.wire import Response as Response

T = TypeVar("T")

# A plan is a generator: it yields a request (or several, sent at once), is given the answer (or
# answers), and returns its result. It performs no input or output itself.
Plan = Generator["Request | Sequence[Request]", Any, T]


@dataclass(frozen=True, slots=True)
class Written:
    """What a write left in the remote system."""

    external_id: str
    label: str = ""  # the name that people use there, such as SO1042
    note: str = ""  # what is worth telling, such as «was already cancelled»


# --- What can be read -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Position:
    """How far a poll has read: all that changed before `since`; `page` is inside a poll."""

    since: datetime | None = None
    page: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of raw records, in the shape that the feed's webhooks have, oldest change first.

    `next_page` is empty on the last page; `total` is how many records there are in all, if the
    first page tells it. `same` are ids of items whose records are there, unchanged and not read.
    """

    records: Sequence[Dict[str, Any]]
    next_page: str = ""
    total: int | None = None
    same: Sequence[str] = ()


@dataclass(frozen=True)
class Feed:
    """A way in: raw records of one shape, by webhook topics and by polling.

    `records` is JMESPath from a webhook body to its record or list of records; `record_id` and
    `version` are JMESPath in a record: its id, and a text that grows with each change (usually
    the time of the last update). `poll(position, context)` is a Plan of one Page of what changed
    since a time.

    `whole(position, context)` is a Plan of one Page of all that there is, for a full sync. Where a
    record costs a request of its own, what has not changed since `position.since` may be left out,
    if its item is named in the page's `same`; without `since` everything is read. Where a webhook
    says that a record changed, but not how it is now, `hints` names its topic and the JMESPath to
    the id (or ids) in its body, and `fetch(ids, position, context)` is a Plan of these records as
    they are. `lane` is as of Action.
    """

    name: str
    record_id: str
    version: str
    topics: tuple[str, ...] = ()
    records: str = "@"
    poll: Callable[[Position, Context], Plan[Page]] | None = None
    poll_seconds: int = 300
    overlap_seconds: int = 120
    whole: Callable[[Position, Context], Plan[Page]] | None = None
    hints: Dict[str, str] = field(default_factory=dict)
    fetch: Callable[[Sequence[str], Position, Context], Plan[Page]] | None = None
    lane: int = 0


@dataclass(frozen=True)
class Stream:
    """A kind of record that can be read, out of one or more feeds.

    `sources` names each feed and the JMESPath to this stream's record in the feed's record;
    `when` is JMESPath over that record, and only what it finds true belongs to the stream.
    """

    name: str
    label: str
    resource: str
    sources: Dict[str, str]
    reader: Mapping
    when: str = ""


# --- What can be written --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """One of several records that are written together: its body, itself, and its context."""

    body: Any
    record: Any
    context: Context


@dataclass(frozen=True)
class Action:
    """A write that the remote system accepts.

    `writer` makes the request's body out of the standard record; `plan(body, record, context)`
    sends it, with at most one request that writes. `find(record, context)` reads back whether it
    is there already; an action that is neither `repeatable` (the vendor promises that a repeat
    changes nothing) nor has `find` is refused by the contract test. `gist(record)` is what must
    not change once the target has accepted it (the whole body, if not given). `latest_wins`: what
    was written may be written anew, and what equals the last success is not sent. `total(body)`
    is the money that the body amounts to, checked against the record's own. `lane` orders the
    rate budget: 0 orders, 1 refunds, 2 shipments, 3 stock, 4 catalogue.
    """

    name: str
    label: str
    resource: str
    writer: Mapping
    plan: Callable[[Any, Any, Context], Plan[Written]]
    find: Callable[[Any, Context], Plan[Written | None]] | None = None
    repeatable: bool = False
    gist: Callable[[Any], Any] | None = None
    latest_wins: bool = False
    links: bool = True  # a success links the record to the id that was written
    total: Callable[[Any], Decimal] | None = None
    lane: int = 0
    plan_many: Callable[[Sequence[Entry]], Plan[Sequence[Written | Failure]]] | None = None
    most: int = 1


# --- The way in and the connection's form -----------------------------------------------------


@dataclass(frozen=True)
class Field:
    """One thing that a person fills in: a setting, or a credential when `secret`.

    `help` says where to find it. `pattern` is a full-match regular expression. `strip` is one too,
    by search: what it finds is taken away first, such as what is around the name in an address.
    """

    name: str
    label: str
    help: str = ""
    secret: bool = False
    required: bool = True
    default: str = ""
    pattern: str = ""
    strip: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Privacy:
    """What a vendor's topic of data protection asks for, and of whom.

    `records` is, by resource, JMESPath in the body to the vendor's id or ids of that person's
    records; `traits` is JMESPath to what else tells the person, such as the e-mail address.
    """

    kind: Literal["data_request", "redact_shopper", "redact_shop"]
    records: Dict[str, str] = field(default_factory=dict)
    traits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Webhooks:
    """How the vendor knocks.

    `verify(headers, body, credentials)`: is the signature right; False without a secret.
    `topic`, `delivery_id` and `sent_at` read the (lower-case) headers and the raw body;
    an empty delivery id means that the vendor gives none, and the body's digest serves.
    `register(address, topics, context)` is a Plan that makes the vendor's subscriptions equal
    to these and returns what it changed, in words.
    """

    verify: Callable[[Dict[str, str], bytes, Dict[str, str]], bool]
    topic: Callable[[Dict[str, str], bytes], str]
    delivery_id: Callable[[Dict[str, str], bytes], str] = lambda headers, body: ""
    sent_at: Callable[[Dict[str, str], bytes], str] = lambda headers, body: ""
    register: Callable[[str, Sequence[str], Context], Plan[list[str]]] | None = None
    other_topics: tuple[str, ...] = ()  # accepted and kept, though no feed reads them
    privacy_topics: Dict[str, Privacy] = field(default_factory=dict)
    farewell_topics: tuple[str, ...] = ()  # our access has ended: a person must authorise again


@dataclass(frozen=True)
class Limits:
    """The vendor's documented limits, per account: the shared budget's starting point."""

    per_second: float = 10.0
    burst: float = 10.0
    concurrency: int = 8


@dataclass(frozen=True)
class Check:
    """One part of the credential check: a Plan that returns a sentence, or fails.

    `kind` says what it is about: where the credentials are refused, there is nothing more to ask.
    `mend` says in the vendor's own words what to press when it does not pass.
    """

    name: str
    label: str
    plan: Callable[[Context], Plan[str]]
    kind: Literal["credentials", "permission", "environment", "webhooks", "other"] = "other"
    mend: str = ""


@dataclass(frozen=True)
class Permission:
    """Something that the vendor must allow us: a scope, or a permission of a role.

    `uses` names what needs it, as `stream:orders` and `action:cancel_order`; without any it is
    needed for all. `why` is a clause: «reads orders and refunds». `check` names the Check that
    asks for it, where there is one. What is `optional` only makes more possible.
    """

    name: str
    why: str
    uses: tuple[str, ...] = ()
    check: str = ""
    optional: bool = False

    def is_needed(self, uses: Collection[str] | None) -> bool:
        """For these uses; None stands for all of them."""
        return uses is None or not self.uses or not set(uses).isdisjoint(self.uses)


def streams_and_actions(*, streams: str = "", actions: str = "") -> tuple[str, ...]:
    """Two lists of names, as uses."""
    return (
        *(f"stream:{name}" for name in streams.split()),
        *(f"action:{name}" for name in actions.split()),
    )


@dataclass(frozen=True)
class Connector:
    """One remote system. The folder's name is the slug; `connector.py` holds CONNECTOR.

    `base_url(settings)` is the vendor's address, `account(settings)` the external account whose
    rate budget is shared and whose name is part of our references (letters, digits, - and _).
    The settings that functions are given hold the address in use as `base_url`.
    `classify(request, response)` returns the Failure that an answer means, or None;
    `meter(request, response)` what it tells of the rate budget, where the vendor tells it.
    `about` says in a sentence what the system is for; `permissions` what it must allow us, and why.
    `synonyms` are names of fields, in lower case, that only this vendor uses, each in plain words:
    they help to suggest mappings.
    `finders[resource](reference, context)` looks a record up by our reference (a SKU, for
    variants) when no link is known.
    """

    slug: str
    label: str
    category: str
    base_url: Callable[[Dict[str, Any]], str]
    account: Callable[[Dict[str, Any]], str]
    auth: tuple[Any, ...]  # methods of connectors.auth, the recommended one first
    settings: tuple[Field, ...] = ()
    feeds: tuple[Feed, ...] = ()
    streams: tuple[Stream, ...] = ()
    actions: tuple[Action, ...] = ()
    finders: Dict[str, Callable[[str, Context], Plan[Written | None]]] = field(default_factory=dict)
    webhooks: Webhooks | None = None
    checks: tuple[Check, ...] = ()
    limits: Limits = Limits()
    classify: Callable[[Request, Response], Exception | None] | None = None
    meter: Callable[[Request, Response], Meter | None] | None = None
    headers: Dict[str, str] = field(default_factory=dict)
    synonyms: Dict[str, str] = field(default_factory=dict)
    about: str = ""
    permissions: tuple[Permission, ...] = ()

    @cached_property
    def _named(self) -> dict[tuple[str, str], Any]:
        parts = (("feed", self.feeds), ("stream", self.streams), ("action", self.actions))
        return {
            (kind, one.name): one for kind, some in (*parts, ("auth", self.auth)) for one in some
        }

    def feed(self, name: str) -> Feed:
        found: Feed = self._named["feed", name]
        return found

    def stream(self, name: str) -> Stream:
        found: Stream = self._named["stream", name]
        return found

    def action(self, name: str) -> Action:
        found: Action = self._named["action", name]
        return found

    def auth_method(self, name: str) -> Any:
        return self._named["auth", name]
