"""Breaking things on purpose: each fault says which calls it meets, how often, and what it does."""

import random
import re
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "latency",  # answer `seconds` later
    "status",  # answer `status` instead of doing anything (429, 500, 503, ...)
    "cut_before",  # close the connection without doing anything
    "cut_after",  # do it, then close the connection without an answer
    "webhook_duplicate",
    "webhook_delay",
    "webhook_drop",
    "webhook_reorder",  # hold it back until the next one has gone
    "token_expired",  # the sandbox refuses the token in use
]


@dataclass
class Fault:
    """`match` is a regular expression over «METHOD path» (or a webhook's topic); `times` -1 is
    for ever; `skip` lets the first ones pass; `share` of the matching calls are met."""

    kind: Kind
    match: str = ""
    times: int = 1
    skip: int = 0
    share: float = 1.0
    seconds: float = 0.0
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None

    def meets(self, text: str, rng: random.Random) -> bool:
        """Does it strike here? Counts down as it does."""
        if self.times == 0 or not re.search(self.match, text):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.share < 1.0 and rng.random() >= self.share:
            return False
        self.times -= 1 if self.times > 0 else 0
        return True


def strike(faults: list[Fault], kinds: set[str], text: str, rng: random.Random) -> list[Fault]:
    """The faults of these kinds that meet this call; worn-out ones leave the list."""
    met = [fault for fault in faults if fault.kind in kinds and fault.meets(text, rng)]
    faults[:] = [fault for fault in faults if fault.times != 0]
    return met
