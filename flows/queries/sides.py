"""The two sides of a flow that suggestions are for: what is filled there, and out of what."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from django.utils import timezone

from connectors.lines import Line, Mapping
from connectors.registry import all_connectors, folder_of, get_connector
from connectors.standard import resources
from connectors.steps import AnyStep
from flows.mapping.logic import Logic
from flows.mapping.place import find_filling
from flows.models import Flow
from flows.queries.samples import Sample, list_samples, read_sample
from flows.suggest import Attribute, Suggestion, attributes_of, sources_of
from flows.suggest.attributes import Kind
from flows.suggest.sources import MOST_RECORDS

Side = Literal["reader", "writer"]
STANDARD = ".standard.json"


@dataclass(frozen=True)
class Subject:
    """What one side is about, whichever company has it; nothing in it is a tenant's.

    The reader's `stream` is the source's, the writer's «to:» and the target's action. `published`
    are the paths of sources that vendor or standard bring themselves.
    """

    connector: str
    stream: str
    attributes: tuple[Attribute, ...]
    published: frozenset[str]
    own: Mapping  # the connector's

    @property
    def filled_by_lines(self) -> list[Attribute]:
        """All but lists that are filled by filling what is inside them."""
        around = {one.path.rpartition("[].")[0] for one in self.attributes}
        return [one for one in self.attributes if one.path not in around]

    def steps_of(self, attribute: str, one: Suggestion) -> tuple[AnyStep, ...]:
        """Those that were suggested; a writer's are known only for the source that the connector
        itself writes."""
        if not self.stream.startswith("to:"):
            return one.steps  # type: ignore[return-value]
        line = find_filling(self.own, attribute)
        is_same = line is not None and line.source == one.source.rpartition("[].")[2]
        return line.steps if line and is_same else ()


def subject_of(flow: Flow, side: Side) -> Subject:
    if side == "reader":
        return _subject_of_stream(flow.source.connector, flow.stream)
    return _subject_of_action(flow.target.connector, flow.action, flow.stream_spec.resource)


def example_of(flow: Flow, now: datetime) -> Sample | None:
    """The first record that the connector brings of the stream, if it has one."""
    found = bring_samples(flow.source.connector, flow.stream) if flow.stream else []
    return Sample("", now, found[0]) if found else None


def standard_samples(flow: Flow) -> list[Any]:
    """Those that the connector brings; of a half without a stream any connector's will do."""
    if flow.stream:
        return bring_samples(flow.source.connector, flow.stream, STANDARD)
    return [
        record
        for slug, spec in sorted(all_connectors().items())
        for stream in spec.streams
        if stream.resource == flow.stream_spec.resource
        for record in bring_samples(slug, stream.name, STANDARD)
    ]


def samples_of(flow: Flow, side: Side, logic: Logic) -> tuple[list[Any], bool]:
    """Records of the flow's own, the newest first, and whether it has any; else the connector's."""
    samples = list_samples(flow, limit=MOST_RECORDS)
    if side == "reader":
        raws = [one.raw for one in samples]
        return (raws, True) if raws else (bring_samples(flow.source.connector, flow.stream), False)
    now = timezone.now()
    found = [read_sample(flow, logic, one, now=now).plain for one in samples]
    plains = [with_floats(one) for one in found if one is not None]
    if plains:
        return plains, True
    return standard_samples(flow), False


def with_floats(plain: Any) -> Any:
    """Numbers that look like numbers: nothing is reckoned with them."""
    return json.loads(json.dumps(plain, default=float))


@lru_cache(maxsize=256)
def _subject_of_stream(slug: str, name: str) -> Subject:
    stream = get_connector(slug).stream(name)
    attributes = attributes_of(resources()[stream.resource])
    published = frozenset(one.path for one in sources_of(bring_samples(slug, name)))
    return Subject(slug, name, attributes, published, stream.reader)


@lru_cache(maxsize=256)
def _subject_of_action(slug: str, name: str, resource: str) -> Subject:
    action = get_connector(slug).action(name)
    known = {one.path: one for one in attributes_of(resources()[resource])}
    attributes = tuple(_targets(action.writer.lines, known, "", ""))
    return Subject(slug, f"to:{name}", attributes, frozenset(known), action.writer)


def _targets(
    lines: tuple[Line, ...], known: dict[str, Attribute], target: str, source: str
) -> Iterator[Attribute]:
    """Of the kind of what the connector's own mapping fills them with."""
    for line in lines:
        path, read = f"{target}{line.target}", f"{source}{line.source}"
        about = path.replace("[].", " ").replace("_", " ").replace(".", " ")
        kind: Kind = "list" if line.each else _kind_of(read, known)
        yield Attribute(path, kind, line.required, about)
        yield from _targets(line.each, known, f"{path}[].", f"{read}[].")


def _kind_of(read: str, known: dict[str, Attribute]) -> Kind:
    if read in known:
        return known[read].kind
    return "object" if any(path.startswith(f"{read}.") for path in known) else "text"


def bring_samples(slug: str, name: str, ending: str = ".json") -> list[Any]:
    """The connector's own samples of a stream: raw, or as the standard has them; the plain one
    first, before its varieties."""
    folder = folder_of(slug) / "samples"
    ordered = sorted(folder.glob(f"{name}.*"), key=lambda path: (len(path.name), path.name))
    paths = [path for path in ordered if path.name.endswith(ending)]
    if ending == ".json":
        paths = [path for path in paths if _has_standard(path)]
    return [json.loads(path.read_text()) for path in paths]


def _has_standard(path: Path) -> bool:
    return path.with_name(f"{path.name.removesuffix('.json')}.standard.json").exists()
