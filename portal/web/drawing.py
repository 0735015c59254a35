"""What the drawing of the workflow says in the box of each flow.

A page may have hundreds of boxes, and a template is slow at looking things up: all stands ready.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext

from flows.queries.lights import MOST_DEAD, FlowRow
from flows.queries.workflow import PlacedFlow, Workflow
from portal.web import words

TONES = ("good", "quiet", "warn", "bad", "busy")


@dataclass(frozen=True)
class DrawnFlow:
    """`y` is within the box of the bundle; `at` is the moment that `ago` tells of, in ISO 8601.
    What there is nothing to say of is empty."""

    id: str
    y: str
    name: str
    title: str  # what the box has no room for
    said: str  # to a screen reader
    lamp: str
    stuck: str
    rate: str
    at: str
    ago: str


def drawing_of(workflow: Workflow, *, rest: str) -> dict[str, Any]:
    """What the drawing needs, wherever it stands; `rest` is what it is asked for again with."""
    now = timezone.now()
    lamps = {light: _lamp(light) for light in {flow.light for flow in workflow.flows}}
    return {
        "workflow": workflow,
        "bundles": [
            (one, [_drawn(placed, lamps, now) for placed in one.flows])
            for one in workflow.placed_bundles
        ],
        "tones": TONES,
        "rest": rest,
    }


def _lamp(light: str) -> str:
    tone, said = words.TONES[light]
    return render_to_string("portal/lamp.html", {"tone": tone, "light": said})


def _drawn(placed: PlacedFlow, lamps: Mapping[str, str], now: datetime) -> DrawnFlow:
    flow, at = placed.flow, placed.flow.last_success_at
    return DrawnFlow(
        id=flow.id,
        y=str(placed.y),
        name=placed.name,
        title=_title(placed),
        said=gettext("{label}, from {source} to {target}: {light}").format(
            label=flow.label,
            source=flow.source.label,
            target=flow.target.label,
            light=words.TONES[flow.light][1],
        ),
        lamp=lamps[flow.light],
        stuck=_stuck(flow),
        rate=_rate(flow),
        at=at.isoformat() if at else "",
        ago=words.ago(at, now) if at else "",
    )


def _title(placed: PlacedFlow) -> str:
    flow = placed.flow
    if flow.why:
        return f"{flow.label}: {flow.why}"
    return "" if placed.name == flow.label else flow.label


def _stuck(flow: FlowRow) -> str:
    """«12 wait, 3 dead»."""
    many = words.at_least(flow.waiting, flow.more_waiting)
    waiting = gettext("{waiting} wait").format(waiting=many)
    dead = gettext("{dead} dead").format(dead=words.at_most(flow.dead, MOST_DEAD))
    return ", ".join(said for said, count in ((waiting, flow.waiting), (dead, flow.dead)) if count)


def _rate(flow: FlowRow) -> str:
    if not flow.rate:
        return gettext("none in the last hour")
    return gettext("{rate} in the last hour").format(rate=words.at_least(flow.rate, flow.more_made))
