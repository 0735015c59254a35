"""What a mapping may read: the fields of a flow's newest records, with the values of one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext

from connectors.errors import shown
from connectors.standard import resources
from flows.mapping.reads import WHOLE
from flows.models import Flow
from flows.queries.grouped import EACH, Group, group_rows
from flows.queries.samples import Sample, Trial
from flows.queries.sides import Side, bring_samples, standard_samples, with_floats
from flows.suggest import attributes_of, sources_of

MOST_SAMPLES = 10  # to choose from, and to find fields in
LONGEST = 60


@dataclass(frozen=True)
class FieldRow:
    """`value` is that of the chosen record; `is_there` says whether any record has the field."""

    path: str
    kind: str
    value: str = ""
    is_there: bool = True


@dataclass(frozen=True)
class Fields:
    """`is_own`: they are of the company's own records, not of the connector's examples."""

    groups: list[Group[FieldRow]]
    is_own: bool
    count: int


def list_fields(
    flow: Flow, side: Side, *, samples: Sequence[Sample], trial: Trial, read: Iterable[str]
) -> Fields:
    """`read` are the paths that lines read: each has its row, whether a record has it or not."""
    found, is_own = _found(flow, side, samples, trial)
    rows = {WHOLE: FieldRow(WHOLE, "record")} | {one.path: one for one in found}
    used = {nearest(path, rows) or path for path in read}
    for path in sorted(used - rows.keys()):
        rows[path] = FieldRow(path, "unknown", is_there=False)
    groups = [
        replace(one, is_open=not one.path or any(row.row.path in used for row in one.rows))
        for one in group_rows(rows.values())
    ]
    return Fields(groups, is_own, len(rows) - 1)


def nearest(path: str, among: Iterable[str]) -> str | None:
    """The field itself; `a[].v[]` picks one of `a[].v`."""
    for one in (path, path.removesuffix(EACH)):
        if one in among:
            return one
    return None


def _found(
    flow: Flow, side: Side, samples: Sequence[Sample], trial: Trial
) -> tuple[list[FieldRow], bool]:
    if side == "reader":
        raws = [one.raw for one in samples]
        chosen = trial.sample.raw if trial.sample else None
        is_own = bool(raws)
        raws = raws or bring_samples(flow.source.connector, flow.stream)
        kinds = {one.path: str(one.kind) for one in sources_of(raws)}
    else:
        brought = standard_samples(flow)
        is_own = bool(samples) and trial.plain is not None
        chosen = with_floats(trial.plain) if is_own else None
        raws = [chosen] if is_own else brought
        of_standard = attributes_of(resources()[flow.stream_spec.resource])
        kinds = {one.path: str(one.kind) for one in of_standard}
        kinds |= {one.path: one.kind for one in sources_of(raws) if one.path not in kinds}
    values = _values(chosen if is_own else next(iter(raws), None))
    return [FieldRow(path, kind, values.get(path, "")) for path, kind in kinds.items()], is_own


def _values(record: Any) -> dict[str, str]:
    found = sources_of([record]) if record is not None else ()
    return {one.path: _say(one.samples[0], one.kind) for one in found if one.samples}


def _say(sample: str, kind: str) -> str:
    if kind == "boolean":
        return gettext("yes") if sample == "True" else gettext("no")
    return shown(sample)[:LONGEST]
