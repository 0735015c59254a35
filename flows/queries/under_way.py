"""Long work that is under way, whatever its kind: how far it is, and where it is shown in full."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from flows.queries.bulk import list_acts, said_of
from flows.queries.shadow import running_shadow_runs
from flows.queries.stock.syncs import running_syncs

MOST = 10  # of each kind


@dataclass(frozen=True)
class Work:
    """`page` is the address's name; `total` is None while nobody knows it."""

    page: str
    id: str
    kind: str
    label: str
    words: str
    state: str
    done: int
    total: int | None
    since: datetime


def list_under_way() -> list[Work]:
    """The newest first."""
    syncs = [
        Work(
            "sync",
            one.id,
            gettext("Full comparison"),
            one.flow,
            one.answer,
            one.state,
            one.done,
            one.total,
            one.created_at,
        )
        for one in running_syncs(most=MOST)
    ]
    shadows = [
        Work(
            "shadow_run",
            one.id,
            gettext("Shadow run"),
            one.label,
            one.words,
            f"shadow_{one.state}",
            one.events,
            one.total,
            one.created_at,
        )
        for one in running_shadow_runs(most=MOST)
    ]
    acts = [
        Work(
            "bulk_act",
            one.id,
            gettext("Dead letters"),
            one.words,
            f"{', '.join(said_of(one))}.",
            f"bulk_{one.state}",
            one.seen,
            one.total,
            one.created_at,
        )
        for one in list_acts(running=True, size=MOST)
    ]
    return sorted([*syncs, *shadows, *acts], key=lambda one: one.since, reverse=True)
