"""What will happen if a person replays, releases, rejects or cancels a delivery: said before it is
done."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

import msgspec
from django.db.models import QuerySet
from django.utils.translation import gettext, ngettext

from connectors.errors import Failure
from connectors.models import OPEN_STATES
from connectors.spec import Context
from connectors.standard import resources
from connectors.standard.record import Record
from flows.mapping.records import write_body
from flows.models import Delivery, Flow, OrderHold, Version
from flows.operations.mend.stale import find_newer
from flows.operations.replay import Choice, is_held
from flows.operations.seen import seen_of
from flows.operations.stock.streams import is_stock
from flows.queries.exchanges import pretty
from flows.queries.samples import writing_context
from flows.queries.shown import show_state
from flows.queries.versions import logic_of
from flows.queries.words import sentence
from flows.states import CANCELLABLE, DONE, OPEN, REPLAYABLE, State
from flows.waits import rule_of

MOST_LINKS = 4


class TooManyLinks(Exception):
    """A long order's body is not made beforehand."""


Deed = Literal["replay", "release", "reject", "cancel"]


@dataclass(frozen=True)
class MappingChoice:
    """By which version it may be sent; `body` is what it makes of the record, if that can be told
    beforehand."""

    name: Choice
    label: str
    body: str = ""
    failure: str = ""
    words: str = ""


@dataclass(frozen=True)
class Preview:
    """`refusal` says why it cannot be done; then there is nothing in `will`."""

    deed: Deed
    id: str
    label: str
    flow: str
    source: str
    target: str
    state: str
    reason: str
    order_id: str
    order_label: str
    seen: str
    refusal: str = ""
    will: list[str] = field(default_factory=list)
    mappings: list[MappingChoice] = field(default_factory=list)


def preview(public_id: str, deed: Deed, *, now: datetime) -> Preview:
    """Raises Delivery.DoesNotExist. Eight queries at most, and those that its links take."""
    one = _find(public_id)
    refusal = _refusal(one, deed)
    root = one.record and (one.record.parent or one.record)
    order = root if root and root.resource == "order" else None
    overtaken = _overtaken(one) if deed == "replay" and not refusal else []
    is_sent_as_it_is = deed == "release" or (
        deed == "replay" and not overtaken and not _is_read_anew(one)
    )
    return Preview(
        deed=deed,
        id=one.public_id,
        label=(one.record.label or one.external_id) if one.record else one.external_id,
        flow=one.flow.label if one.flow else gettext("Reading"),
        source=one.flow.source.label if one.flow else "",
        target=one.target.label if one.target else "",
        state=show_state(one),
        reason=one.reason,
        order_id=order.public_id if order else "",
        order_label=(order.label or order.reference) if order else "",
        seen=seen_of(one),
        refusal=refusal,
        will=[] if refusal else overtaken or _WILL[deed](one),
        mappings=_mappings(one, deed, now) if is_sent_as_it_is and not refusal else [],
    )


def _find(public_id: str) -> Delivery:
    pk = Delivery.get_public(public_id).pk
    found = Delivery.objects.select_related(
        "flow__source",
        "flow__target",
        "flow__version",
        "flow__feeder",
        "target",
        "record__parent",
        "version",
    )
    hidden = ("flow__source__sealed", "flow__target__sealed", "target__sealed")
    return found.defer(*hidden).get(pk=pk)


def _refusal(one: Delivery, deed: Deed) -> str:
    if deed in ("release", "reject"):
        return "" if is_held(one) else gettext("No rule holds it any more.")
    if one.state == State.SUPERSEDED:
        return gettext("Something newer took its place: act on the newer one.")
    if deed == "cancel":
        if one.state in CANCELLABLE and not one.wrote:
            return ""
        if one.state == State.CANCELLED:
            return gettext("It is called off already.")
        return gettext("It has been sent, or may have been: it cannot be called off.")
    if one.state not in REPLAYABLE:
        return gettext("It is on its way already: there is nothing to send again.")
    if is_held(one):
        return gettext("The rule «{rule}» holds it: release or reject it.").format(
            rule=rule_of(one.waits_for)
        )
    if _is_read_anew(one) and one.flow is not None and not (one.flow.feeder or one.flow).is_on:
        return gettext("Its flow is Off, and reads nothing: switch it On first.")
    return ""


def _is_read_anew(one: Delivery) -> bool:
    """As `flows.operations.replay.send_again` does it: it was never through its mapping."""
    return one.standard is None or (not one.attempts_made and one.state == State.DEAD)


def _replay(one: Delivery) -> list[str]:
    if _is_read_anew(one):
        source = one.flow.source.label if one.flow else gettext("the source")
        return [
            gettext(
                "What {source} sent is read anew, by the mapping and the rules of today."
            ).format(source=source),
            gettext("A new delivery takes the place of this one."),
        ]
    said = [
        gettext("The record is sent to {target} again.").format(target=_target(one)),
        *_not_twice(one),
        *_what_is_in_the_way(one),
    ]
    if one.state == State.DEAD:
        again = gettext("If the cause is not mended it fails again. It was: {reason}")
        said.append(again.format(reason=sentence(one.reason)))
    if one.state == State.CANCELLED:
        said.append(gettext("It was called off before; it is sent now all the same."))
    return said


def _overtaken(one: Delivery) -> list[str]:
    """As `retry_one` goes about it: a dead letter that is stale is not sent."""
    newer = find_newer([one.pk]).get(one.pk) if one.state == State.DEAD else None
    if newer is None or not newer.is_in_place_of(one):
        return []
    said = gettext("Something newer of the same record has taken its place ({note}).")
    return [
        said.format(note=newer.note.rstrip(".")),
        gettext("It is not sent: it becomes superseded, and needs nobody any more."),
    ]


def _not_twice(one: Delivery) -> list[str]:
    if one.state in DONE:
        named = one.result_label or one.result_id
        if named:
            said = gettext("{target} has it already, as {named}.")
        else:
            said = gettext("{target} has it already.")
        said = said.format(target=_target(one), named=named)
        first = gettext(
            "It is looked up there first, so there is no second one; what differs is written over."
        )
        return [f"{said} {first}"]
    if one.wrote or one.attempts_made:
        said = gettext("{target} is asked first whether it has it, so that nothing is there twice.")
        return [said.format(target=_target(one))]
    return []


def _release(one: Delivery) -> list[str]:
    return [
        gettext("It is sent to {target} as it is.").format(target=_target(one)),
        gettext("A later change of it is held again only if what the rule looks at has changed."),
        *_what_is_in_the_way(one),
    ]


def _reject(one: Delivery) -> list[str]:
    return [
        gettext("It is not sent to {target}. The source stays as it is.").format(
            target=_target(one)
        ),
        gettext("A change of the record there is judged anew."),
    ]


def _cancel(one: Delivery) -> list[str]:
    stays = gettext("It is not sent to {target}. What was sent to other systems stays there.")
    said = [stays.format(target=_target(one))]
    behind = _others(one).filter(sequence__gt=one.sequence).count()
    if behind:
        later = ngettext(
            "{behind} later step of it waits for {target} as well, and goes on.",
            "{behind} later steps of it wait for {target} as well, and go on.",
            behind,
        )
        said.append(later.format(behind=behind, target=_target(one)))
    return [*said, gettext("You can replay it later.")]


_WILL = {"replay": _replay, "release": _release, "reject": _reject, "cancel": _cancel}


def _what_is_in_the_way(one: Delivery) -> list[str]:
    said = []
    if one.flow is not None and not one.flow.is_on:
        off = gettext("The flow «{label}» is Off: it waits in the queue until it is On.")
        said.append(off.format(label=one.flow.label))
    if one.target is not None and one.target.state not in OPEN_STATES:
        shut = gettext("{target} takes nothing at the moment: it waits until that is mended.")
        said.append(shut.format(target=one.target.label))
    if hold := OrderHold.objects.filter(record=one.root_id, released_at=None).first():
        held = gettext("{name} holds the order: it waits until that is released.")
        said.append(held.format(name=hold.held_by))
    ahead = _others(one).filter(sequence__lt=one.sequence).count()
    if ahead:
        earlier = ngettext(
            "{ahead} earlier step of it to {target} goes first.",
            "{ahead} earlier steps of it to {target} go first.",
            ahead,
        )
        said.append(earlier.format(ahead=ahead, target=_target(one)))
    return said


def _others(one: Delivery) -> QuerySet[Delivery]:
    """What else of its order is open to the same target."""
    return Delivery.objects.filter(root=one.root_id, target=one.target_id, state__in=OPEN).exclude(
        pk=one.pk
    )


def _target(one: Delivery) -> str:
    return one.target.label if one.target else gettext("the target")


def _mappings(one: Delivery, deed: Deed, now: datetime) -> list[MappingChoice]:
    """One where the newest is the one that has made it; a quantity of stock has none to show."""
    flow = one.flow
    if flow is None or is_stock(flow):
        return []
    same = _choice("same", one, one.version, now)
    if deed == "release" or one.version_id == flow.version_id:
        return [same]
    if not one.wrote and one.state not in DONE:
        words = gettext("What the source sent is read anew by it, and judged by its rules.")
        return [same, MappingChoice("newest", _named(flow.version), words=words)]
    return [same, _choice("newest", one, flow.version, now)]


def _choice(name: Choice, one: Delivery, version: Version | None, now: datetime) -> MappingChoice:
    """What is written is made here, and not sent. A link that is missing is said as it is."""
    assert one.flow is not None
    writer = logic_of(version).writer if version else None
    label = _named(version)
    with suppress(msgspec.ValidationError):
        record = msgspec.convert(
            one.standard, resources()[one.flow.stream_spec.resource], strict=False
        )
        try:
            context = _context(one.flow, now, record)
            body = write_body(one.flow.action_spec, record, context, writer)
            return MappingChoice(name, label, body=pretty(body))
        except Failure as failure:
            return MappingChoice(name, label, failure=failure.message)
        except Exception:  # what a page shows beforehand must not keep anybody from acting
            return MappingChoice(name, label)
    return MappingChoice(name, label)


def _context(flow: Flow, now: datetime, record: Record) -> Context:
    """As sending has it, but a page asks for few links: beyond them it shows no body."""
    context = writing_context(flow, now, record)
    left = iter(range(MOST_LINKS))

    def find_link(resource: str, key: str, by: str) -> str | None:
        if next(left, None) is None:
            raise TooManyLinks
        return context.find_link(resource, key, by)

    return replace(context, find_link=find_link)


def _named(version: Version | None) -> str:
    if version is None:
        return gettext("The connector's own mapping")
    return gettext("Version {number}").format(number=version.number)
