"""A timeline as a story: what changed nothing is folded together, between the steps that did."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.utils.translation import ngettext

from flows.queries.hops import Hop
from flows.queries.shown import UNNEEDED
from flows.states import State


@dataclass(frozen=True)
class Chapter:
    """One step that is shown, or several that are folded under a sentence."""

    hops: list[Hop] = field(default_factory=list)
    words: str = ""  # empty when there is nothing to fold

    @property
    def id(self) -> str:
        return self.hops[0].id


def tell_story(hops: Sequence[Hop]) -> list[Chapter]:
    """What changed nothing stands after what came of the same message, all in one."""
    busy = {hop.event_id for hop in hops if hop.kind == "delivery" and not changed_nothing(hop)}
    chapters: list[Chapter] = []
    quiet: list[Hop] = []
    for hop in hops:
        if chapters and _is_quiet(hop, busy):
            quiet.append(hop)
            continue
        if hop.kind == "event" and quiet:
            chapters.append(Chapter(quiet, _words(quiet)))
            quiet = []
        chapters.append(Chapter([hop]))
    return [*chapters, Chapter(quiet, _words(quiet))] if quiet else chapters


def changed_nothing(hop: Hop) -> bool:
    """Not a dead letter that was healed: that it died is part of the story."""
    is_behind = hop.state == UNNEEDED and not hop.note
    return is_behind or hop.state in (State.UNCHANGED, State.SUPERSEDED)


def _is_quiet(hop: Hop, busy: set[str]) -> bool:
    if hop.kind == "event":
        return hop.state == "routed" and hop.id not in busy
    return changed_nothing(hop)


def _words(hops: Iterable[Hop]) -> str:
    """«4 more readings changed nothing»; without a reading, what was not sent."""
    kinds = [hop.kind for hop in hops]
    readings, deliveries = kinds.count("event"), kinds.count("delivery")
    if readings:
        return ngettext(
            "{many} more reading changed nothing", "{many} more readings changed nothing", readings
        ).format(many=readings)
    return ngettext(
        "{many} delivery was not needed", "{many} deliveries were not needed", deliveries
    ).format(many=deliveries)
