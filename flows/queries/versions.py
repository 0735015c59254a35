"""The versions of a flow."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from connectors.lines import Mapping
from ekyam import ids
from flows.mapping.logic import Logic
from flows.models import Flow, Version, VersionState


@dataclass(frozen=True)
class VersionRow:
    id: str
    flow_id: str
    number: int
    state: str
    note: str
    made_by: str
    edition: int
    created_at: datetime
    published_at: datetime | None
    logic: Any  # as data


def list_versions(flow: Flow) -> list[VersionRow]:
    """The newest first; one query."""
    found = Version.objects.filter(flow=flow).order_by("-number")
    return [show_version(one) for one in found]


def get_version(flow: Flow, number: int) -> VersionRow:
    """Raises Version.DoesNotExist."""
    return show_version(Version.objects.get(flow=flow, number=number))


def find_version(public_id: str) -> VersionRow:
    """Raises Version.DoesNotExist."""
    return show_version(Version.get_public(public_id))


def find_current(flow: Flow) -> tuple[VersionRow | None, VersionRow | None]:
    """Draft and published, by one query."""
    states = (VersionState.DRAFT, VersionState.PUBLISHED)
    found = {one.state: one for one in Version.objects.filter(flow=flow, state__in=states)}
    draft, published = (found.get(state) for state in states)
    return (show_version(draft) if draft else None, show_version(published) if published else None)


def find_draft(flow: Flow) -> VersionRow | None:
    found = Version.objects.filter(flow=flow, state=VersionState.DRAFT).first()
    return show_version(found) if found else None


def find_published(flow: Flow) -> VersionRow | None:
    found = Version.objects.filter(flow=flow, state=VersionState.PUBLISHED).first()
    return show_version(found) if found else None


def logic_of(version: Version | VersionRow) -> Logic:
    return msgspec.convert(version.logic, Logic)


def whole_logic(flow: Flow, logic: Logic) -> tuple[Mapping, Mapping]:
    """Reader and writer, with the connectors' own where there is no other."""
    return logic.reader or flow.stream_spec.reader, logic.writer or flow.action_spec.writer


def show_version(one: Version) -> VersionRow:
    return VersionRow(
        id=one.public_id,
        flow_id=ids.public(Flow.prefix, one.flow_id),
        number=one.number,
        state=one.state,
        note=one.note,
        made_by=one.made_by,
        edition=one.edition,
        created_at=one.created_at,
        published_at=one.published_at,
        logic=one.logic,
    )
