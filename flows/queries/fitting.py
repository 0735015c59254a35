"""The steps that a line between a field and an attribute wants."""

from collections.abc import Iterable

from connectors.standard import resources
from connectors.steps import AnyStep, Function
from flows.mapping.place import find_filling
from flows.models import Flow
from flows.queries.fields import MOST_SAMPLES
from flows.queries.samples import list_samples
from flows.queries.sides import Side, Subject, bring_samples, subject_of
from flows.queries.suggestions import find_found, place_of
from flows.suggest import Attribute, attributes_of, sources_of
from flows.suggest.conversions import steps_for

Steps = tuple[AnyStep, ...]


def find_steps(flow: Flow, side: Side, *, attribute: str, source: str) -> Steps:
    """As they were suggested for the two, if they were; else by the kinds of both. Nobody knows
    what a target wants but by what its connector's own mapping does for values of that kind."""
    found = find_found(place_of(flow, side))
    for one in found.offers.get(attribute, ()) if found else ():
        if one.source == source:
            return one.steps
    subject = subject_of(flow, side)
    about = _find(subject.attributes, attribute)
    if about is None:
        return ()
    if side == "writer":
        return _as_the_own(flow, subject, about, source)
    raws = [one.raw for one in list_samples(flow, limit=MOST_SAMPLES)]
    sources = sources_of(raws or bring_samples(flow.source.connector, flow.stream))
    field = next((one for one in sources if one.path == source), None)
    return steps_for(about, field) if field else ()  # type: ignore[return-value]


def _as_the_own(flow: Flow, subject: Subject, about: Attribute, source: str) -> Steps:
    own = find_filling(subject.own, about.path)
    of_standard = attributes_of(resources()[flow.stream_spec.resource])
    field = _find(of_standard, source)
    if own is None or field is None or field.kind != about.kind:
        return ()
    return () if any(isinstance(step, Function) for step in own.steps) else own.steps


def _find(attributes: Iterable[Attribute], path: str) -> Attribute | None:
    return next((one for one in attributes if one.path == path), None)
