"""The two Logics of a shadow run, in the surroundings that the flow has."""

from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from connectors.channel import settings_of
from connectors.spec import Context
from flows.mapping.logic import Logic
from flows.mapping.outcome import Side, align, side_of
from flows.models import Flow, ShadowRun
from flows.operations.shadow.links import Links
from flows.operations.tables import Tables


@dataclass(frozen=True)
class Sides:
    before: Side
    after: Side
    links: Links


def sides_of(run: ShadowRun, now: datetime) -> Sides:
    """Raises RuleInvalid."""
    before, after = (_as_fed(run, msgspec.convert(one, Logic)) for one in (run.before, run.after))
    links = Links(run.flow.source, run.flow.target)
    one = side_for(run.flow, before, links, now)
    return Sides(one, align(one, side_for(run.flow, after, links, now)), links)


def _as_fed(run: ShadowRun, logic: Logic) -> Logic:
    """What its feeder sends it is read and judged by the feeder's."""
    if run.feeding is None:
        return logic
    feeding = msgspec.convert(run.feeding, Logic)
    return Logic(reader=feeding.reader, rules=feeding.rules, writer=logic.writer)


def side_for(flow: Flow, logic: Logic, links: Links, now: datetime) -> Side:
    tables = Tables(flow.tenant_id)
    reading = Context(
        settings=settings_of(flow.source),
        now=now,
        find_row=tables.find_row,
        find_rate=tables.find_rate,
    )
    writing = replace(
        reading,
        settings=settings_of(flow.target),
        reference=flow.source.account,
        find_link=links.find_link,
    )
    fed_as = flow.label if flow.feeder_id else ""
    return side_of(
        flow.stream_spec,
        flow.action_spec,
        logic,
        reading=reading,
        writing=writing,
        fed_as=fed_as,
    )
