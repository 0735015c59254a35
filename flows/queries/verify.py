"""Verify: what a flow's logic makes of real records, attribute by attribute."""

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from connectors.standard import resources
from connectors.standard.attributes import AttributeUnknown, type_at
from flows.mapping.attributes import complaint, required_paths
from flows.mapping.compile import to_plain
from flows.mapping.logic import Logic
from flows.mapping.outcome import Outcome, Side, judge_both, surroundings, write
from flows.mapping.verify import Attribute, Check, Example, attributes_of, examine
from flows.models import Flow
from flows.operations.shadow.links import Links
from flows.operations.shadow.sides import side_for
from flows.personal import blank
from flows.queries.samples import list_samples
from flows.queries.sides import bring_samples
from flows.queries.versions import logic_of
from flows.rules.verdict import Verdict

MOST = 200  # samples
MOST_FAILURES = 10
MOST_SENT = 3


@dataclass(frozen=True)
class Report:
    """`standard` is what the reader fills, `body` what the writer does. `outcomes` counts what
    comes of the samples (sent, held, rejected, routed, waits, failed, absent), `failures` says why
    a few of them fail, `sent` what a few would be sent as. `is_own`: they are the company's own
    records, not the connector's samples. `stops` says, by mapping and attribute, what keeps the
    flow from going On, in a sentence each.
    """

    samples: int
    is_own: bool
    standard: list[Attribute]
    body: list[Attribute]
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[Outcome] = field(default_factory=list)
    sent: list[Outcome] = field(default_factory=list)
    stops: dict[tuple[str, str], str] = field(default_factory=dict)


def verify(
    flow: Flow, logic: Logic | None = None, *, most: int = MOST, with_values: bool = True
) -> Report:
    """Of this logic, or what the flow goes by. Without values what may be a person's is blanked.

    Raises RuleInvalid.
    """
    if logic is None:
        logic = logic_of(flow.version) if flow.version else Logic()
    links = Links(flow.source, flow.target)
    side = side_for(flow, _as_fed(flow, logic), links, timezone.now())
    samples, is_own = _samples(flow, most)
    standard, body = attributes_of(side.reader), attributes_of(side.writer)
    add_required(flow.stream_spec.resource, standard)
    report = Report(len(samples), is_own, list(standard.values()), list(body.values()))
    records = _run(side, links, samples, report)
    may_hold = check_standard(flow.stream_spec.resource)
    for name, raw in samples:
        examine(side.reader, raw, side.reading, standard, check=may_hold, sample=name)
    own = _types_of_own(flow, side, records)
    for name, record in records:
        around = surroundings(side, record)
        plain = to_plain(record)
        examine(side.writer, plain, around, body, check=_as_before(own), sample=name)
    report.stops.update(_stops(report))
    return report if with_values else _without_values(report)


def _as_fed(flow: Flow, logic: Logic) -> Logic:
    if flow.feeder is None:
        return logic
    feeding = logic_of(flow.feeder.version) if flow.feeder.version else Logic()
    return Logic(reader=feeding.reader, rules=feeding.rules, writer=logic.writer)


# --- The samples ----------------------------------------------------------------------------


def _samples(flow: Flow, most: int) -> tuple[list[tuple[str, Any]], bool]:
    """Raw records with their ids, the newest first, and whether they are the company's own."""
    found = [(one.id, one.raw) for one in list_samples(flow, limit=most)]
    if found:
        return found, True
    brought = bring_samples(flow.source.connector, flow.stream)[:1]
    return [("sample", raw) for raw in brought], False


def _run(
    side: Side, links: Links, samples: list[tuple[str, Any]], report: Report
) -> list[tuple[str, Any]]:
    """Counts what comes of each; returns the standard records that would be written."""
    judged = [(name, judge_both(side, side, raw)[0]) for name, raw in samples]
    for _, one in judged:
        write(side, one)  # for its questions, which are answered together
    links.look()
    for _, one in judged:
        outcome = write(side, one)
        report.outcomes[outcome.kind] += 1
        if outcome.kind == "failed" and len(report.failures) < MOST_FAILURES:
            report.failures.append(outcome)
        if outcome.kind == "sent" and len(report.sent) < MOST_SENT:
            report.sent.append(outcome)
    return [
        (name, one.record)
        for name, one in judged
        if isinstance(one, Verdict) and one.ending is None
    ]


# --- What an attribute may hold -----------------------------------------------------------------


def add_required(resource: str, standard: dict[str, Attribute]) -> None:
    """What the standard requires, whether a line fills it or not."""
    listed = (path.rpartition("[].")[0] for path in standard)
    for path in required_paths(resources()[resource], frozenset(listed)):
        if path in standard:
            standard[path].is_required = True
        elif not any(known.startswith(f"{path}.") for known in standard):
            standard[path] = Attribute(path, has_line=False, is_required=True)


def check_standard(resource: str) -> Check:
    """Whether a value can be held where the standard has a place for it."""

    def check(path: str, value: Any) -> tuple[str, str] | None:
        try:
            return complaint(value, type_at(resource, path))
        except AttributeUnknown:
            return None

    return check


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return gettext("an object")
    if isinstance(value, list | tuple):
        return gettext("a list")
    if isinstance(value, bool):
        return gettext("yes or no")
    return gettext("text") if isinstance(value, str) else gettext("a number")


def _types_of_own(flow: Flow, side: Side, records: list[tuple[str, Any]]) -> dict[str, set[str]]:
    """No system tells of what type it wants each attribute: what its own mapping gives is right."""
    own, kinds = flow.action_spec.writer, dict[str, set[str]]()
    if side.writer == own:
        return kinds

    def learn(path: str, value: Any) -> None:
        kinds.setdefault(path, set()).add(_kind(value))

    attributes = attributes_of(own)
    for name, record in records:
        around = surroundings(side, record)
        examine(own, to_plain(record), around, attributes, check=learn, sample=name)
    return kinds


def _as_before(kinds: dict[str, set[str]]) -> Check:
    def check(path: str, value: Any) -> tuple[str, str] | None:
        wanted, kind = kinds.get(path), _kind(value)
        if not wanted or kind in wanted:
            return None
        said = gettext("is {kind}; the connector's own mapping gives {wanted} here")
        return "wrong_type", said.format(kind=kind, wanted=min(wanted))

    return check


# --- What keeps it from going On ----------------------------------------------------------------


def _stops(report: Report) -> dict[tuple[str, str], str]:
    found = {}
    for where, attributes in (("reader", report.standard), ("writer", report.body)):
        for one in attributes:
            if not one.is_missing:
                continue
            if not one.has_line:
                found[where, one.path] = gettext(
                    "«{path}» is required, and no line of the {where} fills it: add one."
                ).format(path=one.path, where=where)
            elif report.is_own:
                found[where, one.path] = _stop(where, one)
    return found


def _stop(where: str, one: Attribute) -> str:
    said = next((example.why for example in one.examples if example.why), "")
    if not said and one.source:
        said = gettext("«{source}» is empty in each").format(source=one.source)
    if said:
        stop = gettext(
            "«{path}» is required, and the {where} fills it in none of the newest records: {said}."
        )
    else:
        stop = gettext(
            "«{path}» is required, and the {where} fills it in none of the newest records."
        )
    stop = stop.format(path=one.path, where=where, said=said)
    return f"{stop} {gettext('Choose another source or a default.')}"


def _without_values(report: Report) -> Report:
    for one in (*report.standard, *report.body):
        one.examples = [_blanked(one.path, example) for example in one.examples]
    failures = [replace(one, value=None, why="", record=None) for one in report.failures]
    return replace(report, failures=failures, sent=[])


def _blanked(path: str, example: Example) -> Example:
    """Its words hold the value too, and a source may be a whole address: they go altogether where
    the attribute is a person's."""
    name = path.replace("[]", "").split(".")
    document: Any = "x"
    for part in reversed(name):
        document = {part: document}
    is_personal = json.dumps(blank(document)) != json.dumps(document)
    if not is_personal and not isinstance(example.source, dict | list):
        return example
    return replace(example, source=None, value=None, why="")
