"""Drafts a flow's logic, publishes it, and goes back to an earlier one."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec
from django.utils import timezone
from django.utils.translation import gettext

from connectors.errors import MappingFailed
from connectors.standard import resources
from ekyam.audit.actors import current_actor
from ekyam.audit.record import record
from flows.mapping.logic import Logic
from flows.mapping.parse import LogicInvalid, parse_logic
from flows.models import Flow, Version, VersionState
from flows.operations.complete import refuse_incomplete
from flows.operations.stock.streams import is_stock
from flows.queries.versions import logic_of
from flows.rules.judge import RuleInvalid, check_rules
from flows.rules.rule import Route, Rule, Split
from flows.state_words import VERSION
from flows.states import IllegalMove

CONNECTORS_OWN = 0  # the number by which one goes back to having no version at all


class Conflict(IllegalMove):
    """Somebody else has saved, published or discarded it since it was read."""


def save_draft(
    flow: Flow,
    logic: Logic,
    *,
    edition: int,
    note: str = "",
    told: Mapping[str, str] | None = None,
) -> Version:
    """`edition` is that of the draft that was read, 0 if there was none; `told` is what the audit
    log says of it besides.

    Raises Conflict, IllegalMove for a flow that has no mapping, MappingFailed.
    """
    flow = _lock(flow)
    check_logic(flow, logic)
    draft = Version.objects.filter(flow=flow, state=VersionState.DRAFT).first()
    if edition != find_edition(flow):
        raise Conflict(
            gettext(
                "Somebody else has saved this draft meanwhile. Look at theirs, then save yours "
                "again."
            )
            if draft
            else gettext("This draft was published or discarded meanwhile. Begin a new one.")
        )
    if draft is None:
        draft = _new(flow, VersionState.DRAFT)
    else:
        draft.edition += 1
    draft.logic, draft.note, draft.made_by = msgspec.to_builtins(logic), note, _maker()
    draft.save()
    _record(draft, "flow_version.drafted", {"edition": draft.edition, **(told or {})})
    return draft


def discard_draft(flow: Flow) -> None:
    """Raises IllegalMove when there is none."""
    draft = _draft_of(_lock(flow))
    _record(draft, "flow_version.discarded", {"edition": draft.edition})
    draft.delete()


def publish(flow: Flow, *, edition: int | None = None) -> Version:
    """From now on the flow goes by its draft; `edition` is the one that was seen.

    Raises IllegalMove, Conflict, MappingFailed for what cannot be gone by, and Incomplete for what
    would leave a flow that is On without what is required.
    """
    seen = _draft_of(flow)
    if flow.is_on:
        _refuse_worse(flow, logic_of(seen))
    flow = _lock(flow)
    draft = _draft_of(flow)
    if draft.edition != (seen.edition if edition is None else edition):
        raise Conflict(gettext("Somebody else has saved this draft since you looked. Look again."))
    before = _number(flow)
    _go_by(flow, draft, logic_of(draft))
    _record(draft, "flow_version.published", {"published": draft.number}, before=before)
    return draft


def roll_back(flow: Flow, number: int, *, seen: int | None = None) -> Version | None:
    """Publish an earlier version again, as a new one of the same logic; a draft stays a draft.

    0 is the connectors' own mapping, without rules. With `seen`, only while the flow goes by that
    version still. Raises Version.DoesNotExist, IllegalMove.
    """
    flow = _lock(flow)
    before = _number(flow)
    if seen is not None and seen != (before or CONNECTORS_OWN):
        raise IllegalMove(
            gettext("Another version was published since you looked. Nothing was done: look again.")
        )
    if number == CONNECTORS_OWN:
        _go_by(flow, None, Logic())
        after = {"published": None, "again": number}
        record(
            "flow_version.rolled_back",
            subject=flow.public_id,
            label=flow.label,
            before={"published": before},
            after=after,
        )
        return None
    earlier = Version.objects.get(flow=flow, number=number)
    if earlier.state != VersionState.RETIRED:
        raise IllegalMove(
            gettext("Version {number} is «{state}»: it is none to go back to.").format(
                number=number, state=VERSION[earlier.state]
            )
        )
    again = _new(flow, VersionState.DRAFT)
    again.logic, again.made_by = earlier.logic, _maker()
    again.note = f"Version {number} again."
    _go_by(flow, again, logic_of(earlier))
    after = {"published": again.number, "again": number}
    _record(again, "flow_version.rolled_back", after, before=before)
    return again


def find_edition(flow: Flow) -> int:
    """What a save that begins now must name."""
    draft = Version.objects.filter(flow=flow, state=VersionState.DRAFT).first()
    return draft.edition if draft else 0


def read_logic(flow: Flow, data: Any) -> Logic:
    """Raises MappingFailed with all that is wrong, in words that say where."""
    try:
        found = parse_logic(data, resource=flow.stream_spec.resource)
    except LogicInvalid as error:
        raise MappingFailed(str(error)) from error
    if b"\\u0000" in msgspec.json.encode(found):
        raise MappingFailed(gettext("It has a NUL character, which nothing keeps."))
    return found


def check_logic(flow: Flow, logic: Logic, *, known: Collection[Rule] | None = None) -> None:
    """That it can be gone by at all; raises MappingFailed, or IllegalMove for a flow of stock.

    A rule that the flow has already is not refused for a value that does not fit: whoever changes
    something else is not stopped by it. `known` are such rules, if not those of draft and version.
    """
    if is_stock(flow):
        raise IllegalMove(
            gettext("A flow of stock goes by its formula: it has no mapping and no rules.")
        )
    read_logic(flow, msgspec.to_builtins(logic))
    try:
        known = _known_rules(flow) if known is None and logic.rules else known
        check_rules(logic.rules, resources()[flow.stream_spec.resource], known=known or ())
    except RuleInvalid as error:
        raise MappingFailed(str(error)) from error
    for label in destinations(logic):
        _find_destination(flow, label)


def _known_rules(flow: Flow) -> list[Rule]:
    there = (VersionState.DRAFT, VersionState.PUBLISHED)
    found = Version.objects.filter(flow=flow, state__in=there)
    return [rule for version in found for rule in logic_of(version).rules]


def destinations(logic: Logic) -> Iterator[str]:
    """The labels of the flows that its rules send records to."""
    for rule in logic.rules:
        for action in rule.then:
            if isinstance(action, Route | Split):
                yield action.flow


def _find_destination(flow: Flow, label: str) -> Flow:
    found = list(
        Flow.objects.filter(source_id=flow.source_id, stream=flow.stream, label=label)
        .exclude(pk=flow.pk)
        .select_for_update()[:2]
    )
    if len(found) != 1:
        if found:
            said = gettext("Several flows of the same source and stream have the name «{label}».")
        else:
            said = gettext("No other flow of the same source and stream have the name «{label}».")
        raise MappingFailed(said.format(label=label))
    if found[0].feeder_id not in (None, flow.pk):
        raise MappingFailed(
            gettext("«{label}» gets its records by the rules of another flow already.").format(
                label=label
            )
        )
    if flow.feeder_id is not None or Flow.objects.filter(feeder=found[0]).exists():
        raise MappingFailed(
            gettext("«{label}»: what a rule has sent on is not sent on again.").format(label=label)
        )
    return found[0]


def _refuse_worse(flow: Flow, logic: Logic) -> None:
    check_logic(flow, logic)
    today = logic_of(flow.version) if flow.version else Logic()
    refuse_incomplete(flow, logic, move="go_by_draft", instead_of=today)


def _go_by(flow: Flow, version: Version | None, logic: Logic) -> None:
    """What rules name is fed by them from now on, and so reads nothing itself."""
    check_logic(flow, logic, known=logic.rules)
    now = timezone.now()
    Version.objects.filter(flow=flow, state=VersionState.PUBLISHED).update(
        state=VersionState.RETIRED
    )
    if version is not None:
        version.state, version.published_at = VersionState.PUBLISHED, now
        version.save()
    flow.version = version
    flow.save(update_fields=["version"])
    for label in destinations(logic):
        Flow.objects.filter(pk=_find_destination(flow, label).pk).update(feeder=flow)


def _lock(flow: Flow) -> Flow:
    return Flow.with_halves.select_for_update().get(pk=flow.pk)


def _new(flow: Flow, state: VersionState) -> Version:
    last = Version.objects.filter(flow=flow).order_by("-number").first()
    number = last.number + 1 if last else 1
    return Version(tenant_id=flow.tenant_id, flow=flow, number=number, state=state, logic={})


def _draft_of(flow: Flow) -> Version:
    found = Version.objects.filter(flow=flow, state=VersionState.DRAFT).first()
    if found is None:
        raise IllegalMove(gettext("There is no draft: it was published or discarded."))
    return found


def is_fed(flow: Flow) -> bool:
    """Whether rules of its feeder send it anything, as they are published now."""
    feeder = flow.feeder
    if feeder is None or feeder.version is None:
        return False
    return flow.label in destinations(logic_of(feeder.version))


def _number(flow: Flow) -> int | None:
    return flow.version.number if flow.version else None


def _maker() -> str:
    return current_actor().label[:254]


def _record(
    version: Version, action: str, after: dict[str, Any], *, before: int | None = None
) -> None:
    record(
        action,
        subject=version.flow.public_id,
        label=f"{version.flow.label}, version {version.number}",
        before={"published": before} if "published" in after else None,
        after=after,
    )
