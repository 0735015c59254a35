"""What rules make of readings: as they were, changed, ended, sent another way, or in parts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from connectors.errors import MappingFailed
from flows.models import Flow
from flows.operations.read import Reading
from flows.rules.verdict import Verdict


def pieces_of(readings: list[Reading], fed: Sequence[Flow]) -> list[Reading]:
    """`fed` are the flows that rules may send something to. Without a verdict it is as it was."""
    if not any(one.verdict for one in readings):
        return readings
    return [piece for one in readings for piece in _pieces(one, fed)]


def whole_of(piece: Reading) -> Reading:
    return piece.whole or piece


def _pieces(reading: Reading, fed: Sequence[Flow]) -> Iterator[Reading]:
    verdict = reading.verdict
    if verdict is None:
        yield reading
        return
    try:
        found = list(_judged(reading, verdict, fed))
    except MappingFailed as failure:
        found = [replace(reading, whole=reading, verdict=None, failure=failure)]
    yield from found


def _judged(reading: Reading, verdict: Verdict, fed: Sequence[Flow]) -> Iterator[Reading]:
    ending, why = verdict.ending, " ".join(f"{one.rule}: {one.words}." for one in verdict.done)
    own = replace(reading, standard=verdict.record, whole=reading, why=why)
    if ending is None:
        yield own
    elif ending.kind == "route":
        yield replace(own, flow=_flow(reading, ending.flow, fed))
    else:
        yield replace(own, ending=ending)
    for part in verdict.parts:
        flow = _flow(reading, part.flow, fed)
        yield replace(own, flow=flow, external_id=part.record.id, standard=part.record)


def _flow(reading: Reading, label: str, fed: Iterable[Flow]) -> Flow:
    for flow in fed:
        if flow.feeder_id == reading.flow.pk and flow.label == label:
            return flow
    raise MappingFailed(
        f"A rule sends it to the flow «{label}», and there is none of this name that gets its"
        " records from this one. Publish the rules again.",
        line="rules",
    )
