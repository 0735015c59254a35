"""Puts a line of the canvas into a draft."""

from connectors.steps import AnyStep
from flows.models import Flow
from flows.operations.choices import accept
from flows.queries.fitting import find_steps
from flows.queries.sides import Side


def draw_line(
    flow: Flow, side: Side, *, attribute: str, source: str, edition: int
) -> tuple[AnyStep, ...]:
    """`source` fills `attribute`, through the steps that it wants, which are returned. What people
    draw is a choice that suggestions learn from.

    Raises DoesNotFit, and what `save_draft` raises.
    """
    steps = find_steps(flow, side, attribute=attribute, source=source)
    accept(flow, side, attribute=attribute, source=source, steps=steps, edition=edition)
    return steps
