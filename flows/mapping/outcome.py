"""What two Logics make of the same raw record: nothing is written, and no plan is run."""

from collections.abc import Mapping as Dict
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from connectors.errors import Failure, MappingFailed, MissingLink, MissingRow
from connectors.spec import Action, Context, Mapping, Stream
from connectors.standard.record import Record
from flows.mapping.logic import Logic
from flows.mapping.records import read_record, write_body
from flows.rules.judge import Judge, compile_rules
from flows.rules.rule import Rule
from flows.rules.verdict import Verdict

Kind = Literal["sent", "held", "rejected", "routed", "waits", "failed", "absent"]
_ENDINGS: dict[str, Kind] = {"hold": "held", "reject": "rejected", "route": "routed"}


@dataclass(frozen=True)
class Outcome:
    """`body` is what would be sent. Of what is held, rejected or routed, `record` is what was.

    `parts` are the records that rules split off, by the label of their flow. `absent` is what does
    not come to this flow at all, for it gets only what the rules of another one send it. What waits
    for a link has a body all the same, with the name of what is missing in the link's place.
    """

    kind: Kind
    id: str = ""  # the record's, in the source
    body: Any = None
    record: Record | None = None
    parts: Dict[str, Record] = field(default_factory=dict)
    why: str = ""  # the rule's reason, or the failure's
    rule: str = ""
    flow: str = ""  # where it is routed to
    waits_for: str = ""
    line: str = ""
    step: int = 0
    value: Any = None


@dataclass(frozen=True)
class Side:
    """A Logic, ready to be run. `judge` is None where there are no rules.

    `reading` is what reader and rules know of their surroundings, `writing` what the writer does;
    the reference in it is the source's account, with which references of records begin.

    `fed_as` is the label of a flow that gets only what the rules send it; then they end nothing
    here, and only its own writer is run.
    """

    stream: Stream
    action: Action
    reader: Mapping
    writer: Mapping
    reading: Context
    writing: Context
    rules: tuple[Rule, ...] = ()
    judge: Judge | None = None
    fed_as: str = ""


def side_of(
    stream: Stream,
    action: Action,
    logic: Logic,
    *,
    reading: Context,
    writing: Context,
    fed_as: str = "",
) -> Side:
    """Raises RuleInvalid."""
    return Side(
        stream=stream,
        action=action,
        reader=logic.reader or stream.reader,
        writer=logic.writer or action.writer,
        reading=reading,
        writing=writing,
        rules=logic.rules,
        judge=compile_rules(logic.rules) if logic.rules else None,
        fed_as=fed_as,
    )


def align(before: Side, after: Side) -> Side:
    """`after` with the parts that it has in common with `before`: those are run once for both."""
    same_rules = after.rules == before.rules
    return replace(
        after,
        reader=before.reader if after.reader == before.reader else after.reader,
        writer=before.writer if after.writer == before.writer else after.writer,
        judge=before.judge if same_rules else after.judge,
    )


Judged = Verdict | Outcome  # an outcome where it did not get so far


def judge_both(before: Side, after: Side, raw: Any) -> tuple[Judged, Judged]:
    """Read and judged by both: one and the same where they agree until then (see `align`)."""
    one = _read(before, raw)
    other = one if after.reader is before.reader else _read(after, raw)
    judged = _judge(before, one)
    if after.judge is before.judge and _is_same(one, other):
        return judged, judged
    return judged, _judge(after, other)


def _is_same(one: Record | Outcome, other: Record | Outcome) -> bool:
    return one is other or (isinstance(one, Record) and one == other)


def _read(side: Side, raw: Any) -> Record | Outcome:
    record = None
    try:
        if not isinstance(raw, dict):
            raise MappingFailed("The record is not an object.", value=raw)
        record = read_record(side.stream, raw, side.reading, side.reader)
        record.check()
        return record
    except Exception as failure:
        return _failed(record.id if record else "", failure)


def _judge(side: Side, read: Record | Outcome) -> Judged:
    if isinstance(read, Outcome):
        return read
    if side.judge is None:
        return Verdict(read)
    try:
        return side.judge(read, side.reading)
    except Exception as failure:
        return _failed(read.id, failure)


def write(side: Side, judged: Judged) -> Outcome:
    """What would be sent, if it is sent at all."""
    if isinstance(judged, Outcome):
        return judged
    record, ending = judged.record, judged.ending
    parts = {part.flow: part.record for part in judged.parts}
    if side.fed_as:
        is_routed = ending is not None and ending.flow == side.fed_as
        fed = record if is_routed else parts.get(side.fed_as)
        if fed is None:
            return Outcome("absent", record.id)
        record, parts = fed, {}
    elif ending is not None:
        return Outcome(
            _ENDINGS[ending.kind],
            record.id,
            record=record,
            parts=parts,
            why=ending.reason,
            rule=ending.rule,
            flow=ending.flow,
        )
    around = surroundings(side, record)
    lacking = around.lacking
    try:
        body = write_body(side.action, record, around, side.writer)
    except Exception as failure:
        found = _failed(record.id, failure)
        if lacking and found.kind == "failed":
            return _waiting(record.id, lacking[0])
        return found
    if lacking:
        return replace(_waiting(record.id, lacking[0]), body=body, parts=parts)
    return Outcome("sent", record.id, body=body, record=record, parts=parts)


@dataclass(frozen=True)
class Lenient(Context):
    """A missing link that is needed is named in its place, so that all else can be compared."""

    lacking: list[str] = field(default_factory=list)

    def link(self, resource: str, key: str, by: Literal["id", "reference"] = "id") -> str:
        found = self.find_link(resource, key, by)
        if found is None:
            self.lacking.append(f"{resource} {key}")
            return f"({resource} {key})"
        return found


def surroundings(side: Side, record: Record) -> Lenient:
    """What its writer knows while it writes this record."""
    reference = record.reference or f"{side.writing.reference}-{record.id}"
    return Lenient(**{**vars(side.writing), "reference": reference})


def _waiting(record_id: str, what: str) -> Outcome:
    why = f"The {what} is not known in the target system yet."
    return Outcome("waits", record_id, waits_for=f"link:{what}", why=why)


def _failed(record_id: str, failure: Exception) -> Outcome:
    if isinstance(failure, MissingRow):
        waits_for = f"row:{failure.table}:{failure.key}"
        return Outcome("waits", record_id, waits_for=waits_for, why=failure.message)
    if isinstance(failure, MissingLink):
        return _waiting(record_id, f"{failure.resource} {failure.key}")
    if isinstance(failure, MappingFailed):
        return Outcome(
            "failed",
            record_id,
            why=failure.message,
            line=failure.line,
            step=failure.step,
            value=failure.value,
        )
    why = failure.message if isinstance(failure, Failure) else f"{type(failure).__name__}"
    return Outcome("failed", record_id, why=why)
