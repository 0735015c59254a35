"""What can be broken in a simulated system, in plain words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

TIMES = {"1": 1, "3": 3, "10": 10, "always": -1}


@dataclass(frozen=True)
class Breakage:
    """`fault` is what the control door takes, but for how often."""

    name: str
    label: Promise
    words: Promise
    fault: Mapping[str, Any]
    of: str = field(default="call")  # of which one counts the times: a call or a webhook


BREAKAGES = (
    Breakage(
        "slow",
        gettext_lazy("Answers slowly"),
        gettext_lazy("Each answer takes 4 seconds longer."),
        {"kind": "latency", "seconds": 4.0},
    ),
    Breakage(
        "down",
        gettext_lazy("Is down"),
        gettext_lazy("It answers 503 and does nothing. Ekyam tries again, later and later."),
        {"kind": "status", "status": 503},
    ),
    Breakage(
        "busy",
        gettext_lazy("Asks us to slow down"),
        gettext_lazy("It answers 429. Ekyam waits as long as it is told, and no try is spent."),
        {"kind": "status", "status": 429, "headers": {"Retry-After": "2"}},
    ),
    Breakage(
        "hangs_up",
        gettext_lazy("Hangs up at once"),
        gettext_lazy("The connection is cut before anything is done."),
        {"kind": "cut_before"},
    ),
    Breakage(
        "hangs_up_late",
        gettext_lazy("Does it, and hangs up before it answers"),
        gettext_lazy(
            "Ekyam cannot know whether it was done, and looks before it sends anything again."
        ),
        {"kind": "cut_after"},
    ),
    Breakage(
        "token",
        gettext_lazy("Refuses the token in use"),
        gettext_lazy(
            "Ekyam fetches a new one. If that is refused too, a person must authorise again."
        ),
        {"kind": "token_expired"},
    ),
    Breakage(
        "twice",
        gettext_lazy("Sends each message twice"),
        gettext_lazy("The second one must change nothing."),
        {"kind": "webhook_duplicate"},
        of="webhook",
    ),
    Breakage(
        "late",
        gettext_lazy("Sends its messages 20 seconds late"),
        gettext_lazy("What is asked for meanwhile may be newer."),
        {"kind": "webhook_delay", "seconds": 20.0},
        of="webhook",
    ),
    Breakage(
        "lost",
        gettext_lazy("Loses its messages"),
        gettext_lazy("Ekyam finds what changed by asking."),
        {"kind": "webhook_drop"},
        of="webhook",
    ),
    Breakage(
        "out_of_order",
        gettext_lazy("Sends its messages out of order"),
        gettext_lazy("Each is held back until the next one has gone."),
        {"kind": "webhook_reorder"},
        of="webhook",
    ),
)


@dataclass(frozen=True)
class Broken:
    """A fault that is switched on; `left` is how often it still strikes, None for ever."""

    label: str
    words: str
    left: int | None
    of: str


def fault_of(name: str, times: str) -> dict[str, Any]:
    """What to tell the control door. Raises KeyError for what is none of ours."""
    found = next((one for one in BREAKAGES if one.name == name), None)
    if found is None:
        raise KeyError(name)
    return {**found.fault, "times": TIMES[times]}


def read_fault(fault: Mapping[str, Any]) -> Broken:
    """A fault as the control door shows it."""
    left = None if fault["times"] < 0 else int(fault["times"])
    for one in BREAKAGES:
        same = one.fault["kind"] == fault["kind"]
        if same and one.fault.get("status", fault["status"]) == fault["status"]:
            return Broken(str(one.label), str(one.words), left, one.of)
    return Broken(str(fault["kind"]).replace("_", " ").capitalize(), "", left, "call")
