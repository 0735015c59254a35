"""Versions as they are gone by: read and compiled once in a process, for they never change."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from connectors.lines import Mapping
from flows.mapping.logic import Logic
from flows.models import Version, VersionState
from flows.rules.judge import Judge, compile_rules

KEPT = 1000
_compiled: dict[UUID, "Compiled"] = {}


@dataclass(frozen=True)
class Compiled:
    """`reader` and `writer` are None where they are the connector's own, `judge` without rules."""

    number: int
    reader: Mapping | None
    writer: Mapping | None
    judge: Judge | None


NOTHING = Compiled(0, None, None, None)


def compiled(version_id: UUID | None) -> Compiled:
    """Needs the scope of its tenant. A draft changes, and is none that anything goes by."""
    if version_id is None:
        return NOTHING
    found = _compiled.get(version_id)
    if found is None:
        version = Version.objects.exclude(state=VersionState.DRAFT).get(pk=version_id)
        logic = msgspec.convert(version.logic, Logic)
        if len(_compiled) >= KEPT:
            _compiled.clear()
        judge = compile_rules(logic.rules) if logic.rules else None
        found = Compiled(version.number, logic.reader, logic.writer, judge)
        _compiled[version_id] = found
    return found
