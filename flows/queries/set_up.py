"""How far a set-up is: worked out from what is true, so that no counter can be wrong."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from connectors.checks import VITAL
from connectors.models import Connection, SetUp
from connectors.queries import CheckPart, parts_of
from connectors.registry import all_connectors
from connectors.spec import Connector
from flows.models import Flow
from flows.recipes import all_recipes

Name = Literal["choose", "connect", "map", "writer", "flows", "live"]
STEPS: tuple[tuple[Name, Promise], ...] = (
    ("choose", gettext_lazy("Choose")),
    ("connect", gettext_lazy("Check authentication")),
    ("map", gettext_lazy("Map your data")),
    ("writer", gettext_lazy("What it accepts")),
    ("flows", gettext_lazy("Configure the flows")),
    ("live", gettext_lazy("Go live")),
)
MOST_UNFINISHED = 50


@dataclass(frozen=True)
class Step:
    """`state` is done or open; `is_next` the first that is open."""

    name: Name
    label: str
    number: int
    is_done: bool
    is_next: bool
    is_reachable: bool


@dataclass(frozen=True)
class Progress:
    """A set-up with its steps. Without a connection only the first two can be opened."""

    id: str
    connector: Connector
    connection: Connection | None
    begun_by: str
    begun_at: datetime
    is_ended: bool
    is_discarded: bool
    uses: tuple[str, ...]
    parts: list[CheckPart]
    steps: list[Step]

    @property
    def next(self) -> Name:
        return next((one.name for one in self.steps if one.is_next), "live")

    @property
    def label(self) -> str:
        return self.connection.label if self.connection else self.connector.label

    @property
    def done(self) -> int:
        return sum(one.is_done for one in self.steps)


def get_progress(public_id: str) -> Progress:
    """Raises SetUp.DoesNotExist."""
    found = SetUp.get_public(public_id)
    row = SetUp.objects.select_related("connection", "begun_by").get(pk=found.pk)
    return _progress(row, _flows_of([row]))


def list_unfinished() -> list[Progress]:
    """The newest first. What has a flow that is On is as good as finished."""
    rows = list(
        SetUp.objects.filter(ended_at=None)
        .select_related("connection", "begun_by")
        .defer("connection__sealed")
        .order_by("-created_at")[:MOST_UNFINISHED]
    )
    flows = _flows_of(rows)
    known = all_connectors()
    found = [_progress(row, flows) for row in rows if row.connector in known]
    return [one for one in found if not one.steps[-1].is_done]


def _flows_of(rows: Iterable[SetUp]) -> dict[object, list[bool]]:
    """By connection, whether each of its flows is On."""
    ids = [row.connection_id for row in rows if row.connection_id]
    if not ids:
        return {}
    found: dict[object, list[bool]] = {}
    mine = Flow.objects.filter(Q(source__in=ids) | Q(target__in=ids))
    for source, target, is_on in mine.values_list("source_id", "target_id", "is_on"):
        for one in (source, target):
            found.setdefault(one, []).append(is_on)
    return found


def _progress(row: SetUp, flows: dict[object, list[bool]]) -> Progress:
    connection = row.connection
    parts = parts_of(connection) if connection else []
    of_this = flows.get(row.connection_id, []) if connection else []
    done: dict[Name, bool] = {
        "choose": True,
        "connect": connection is not None and connection.is_open and is_proven(parts),
        "map": "map" in row.agreed,
        "writer": "writer" in row.agreed,
        "flows": bool(of_this),
        "live": any(of_this),
    }
    first_open = next((name for name, _ in STEPS if not done[name]), None)
    return Progress(
        id=row.public_id,
        connector=row.spec,
        connection=connection,
        begun_by=(row.begun_by.name or row.begun_by.email) if row.begun_by else "",
        begun_at=row.created_at,
        is_ended=row.ended_at is not None,
        is_discarded=row.is_discarded,
        uses=tuple(row.uses),
        parts=parts,
        steps=[
            Step(
                name=name,
                label=str(label),
                number=number,
                is_done=done[name],
                is_next=name == first_open,
                is_reachable=number <= 2 or connection is not None,
            )
            for number, (name, label) in enumerate(STEPS, 1)
        ],
    )


def is_proven(parts: Sequence[CheckPart]) -> bool:
    """Whether a check was made, and nothing that is vital is wrong."""
    vital = [part for part in parts if part.kind in VITAL]
    return bool(vital) and all(part.state in ("ok", "not_needed") for part in vital)


# --- What it is to be used for --------------------------------------------------------------------


def usual_uses(connector: Connector) -> list[str]:
    """What the ready-made flows advise; of a system that none of them knows, everything."""
    found = [
        use
        for recipe in all_recipes().values()
        for step in recipe.flows
        if step.is_advised
        for slug, use in (
            (step.source, f"stream:{step.stream}"),
            (step.target, f"action:{step.action}"),
        )
        if slug == connector.slug
    ]
    return list(dict.fromkeys(found)) or list(every_use(connector))


def every_use(connector: Connector) -> dict[str, str]:
    """With its label."""
    return {f"stream:{one.name}": one.label for one in connector.streams} | {
        f"action:{one.name}": one.label for one in connector.actions
    }


def uses_of(connection: Connection) -> list[str] | None:
    """What its flows need, and what its set-up asked for; None where nothing is known of it."""
    mine = Flow.objects.filter(Q(source=connection) | Q(target=connection))
    found: set[str] = set()
    for source, stream, action in mine.values_list("source_id", "stream", "action"):
        found.add(f"stream:{stream}" if source == connection.pk else f"action:{action}")
    row = SetUp.objects.filter(connection=connection, is_discarded=False).order_by("-created_at")
    for chosen in row.values_list("uses", flat=True)[:1]:
        found.update(chosen)
    return sorted(found) or None
