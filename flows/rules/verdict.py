"""What judging found: the record as it is now, what ends it, its parts, and who is told."""

from dataclasses import dataclass, field
from typing import Literal

from connectors.standard.record import Record


@dataclass(frozen=True)
class Done:
    """What one rule did, in words: for the journey."""

    rule: str
    words: str


@dataclass(frozen=True)
class Ending:
    """The record does not go on by this flow. `flow` is the label of the one that it is routed
    to; a record that is held or rejected has the `reason` that people read. `looked_at` is the
    digest of what a rule that holds has looked at."""

    kind: Literal["hold", "reject", "route"]
    rule: str
    reason: str = ""
    flow: str = ""
    looked_at: str = field(default="", compare=False)


@dataclass(frozen=True)
class Part:
    """Lines that go the way of the flow called `flow`, as a record of their own.

    `name` is the same however often the whole is judged, and tells the parts of one whole apart.
    The record's `id`, `label` and `reference` (if the whole has one) end with it.
    """

    name: str
    flow: str
    rule: str
    record: Record


@dataclass(frozen=True)
class Notice:
    """Everybody in the company with this role, or more, is told."""

    rule: str
    message: str
    role: str


@dataclass(frozen=True)
class Verdict:
    """`record` is what goes on by this flow, or what was held, rejected or routed."""

    record: Record
    ending: Ending | None = None
    parts: tuple[Part, ...] = ()
    done: tuple[Done, ...] = ()
    notices: tuple[Notice, ...] = ()
