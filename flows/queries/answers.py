"""What became of an order, in one sentence."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext, ngettext

from flows.models import Delivery, Link
from flows.queries.shown import find_idle
from flows.queries.spans import span
from flows.queries.words import listed, sentence
from flows.states import DONE, OPEN, State


def answer_for_order(
    label: str,
    deliveries: Sequence[Delivery],
    links: Sequence[Link],
    *,
    now: datetime,
    usual: Mapping[UUID, float],
) -> str:
    """The worst news first: stuck, waiting, on its way; then what was achieved.

    `usual` is how many seconds a flow takes, where that is known.
    """
    name = gettext("Order {label}").format(label=label)
    idle = find_idle(deliveries)
    moving = [one for one in deliveries if one.pk not in idle]
    return (
        _stuck(name, deliveries)
        or _waiting(name, moving, now, usual)
        or _on_its_way(name, moving, now, usual)
        or _cancelled(name, deliveries)
        or _shipped(name, deliveries, now)
        or _known(name, links) + _called_off(deliveries)
    )


def _in(deliveries: Iterable[Delivery], *states: State) -> list[Delivery]:
    return [one for one in deliveries if one.state in states]


def _stuck(name: str, deliveries: Sequence[Delivery]) -> str:
    dead = _in(deliveries, State.DEAD)
    if not dead:
        return ""
    where, many = _targets(dead), len(dead)
    if where and many > 1:
        said = ngettext(
            "{name} is stuck on its way to {where} ({many} dead letter): {reason}",
            "{name} is stuck on its way to {where} ({many} dead letters): {reason}",
            many,
        )
    elif where:
        said = gettext("{name} is stuck on its way to {where}: {reason}")
    elif many > 1:
        said = ngettext(
            "{name} is stuck ({many} dead letter): {reason}",
            "{name} is stuck ({many} dead letters): {reason}",
            many,
        )
    else:
        said = gettext("{name} is stuck: {reason}")
    return said.format(name=name, where=where, many=many, reason=sentence(dead[-1].reason))


def _waiting(
    name: str, deliveries: Sequence[Delivery], now: datetime, usual: Mapping[UUID, float]
) -> str:
    held = _in(deliveries, State.PARKED, State.RETRYING, State.IN_DOUBT)
    if not held:
        return ""
    long = _how_long(held[-1], now, usual)
    if held[-1].state == State.PARKED:
        said = gettext("{name} waits on its way to {where} {long}: {reason}")
    else:
        said = gettext("{name} is being tried again on its way to {where}, {long}: {reason}")
    reason = sentence(held[-1].reason)
    return said.format(name=name, where=_targets(held), long=long, reason=reason)


def _on_its_way(
    name: str, deliveries: Sequence[Delivery], now: datetime, usual: Mapping[UUID, float]
) -> str:
    moving = _in(deliveries, *OPEN)
    if not moving:
        return ""
    where = _targets(moving)
    if (now - moving[0].received_at).total_seconds() < 60:
        return gettext("{name} is on its way to {where}.").format(name=name, where=where)
    return gettext("{name} has been on its way to {where} {long}.").format(
        name=name, where=where, long=_how_long(moving[0], now, usual)
    )


def _how_long(one: Delivery, now: datetime, usual: Mapping[UUID, float]) -> str:
    """«for 43 min (usual: 4 min)»."""
    waits = span((now - one.received_at).total_seconds())
    seconds = usual.get(one.flow_id) if one.flow_id else None
    if seconds is None:
        return gettext("for {span}").format(span=waits)
    return gettext("for {span} (usual: {usual})").format(span=waits, usual=span(seconds))


def _cancelled(name: str, deliveries: Sequence[Delivery]) -> str:
    told = [one for one in deliveries if (one.standard or {}).get("status") == "cancelled"]
    done = _in(told, *DONE)
    if not told or any(_is_shipment(one) for one in _in(deliveries, *DONE)):
        return ""
    if not done:
        return gettext("{name} was cancelled.").format(name=name)
    return ngettext(
        "{name} was cancelled, and {where} knows it.",
        "{name} was cancelled, and {where} know it.",
        len(_labels(done)),
    ).format(name=name, where=_targets(done))


def _shipped(name: str, deliveries: Sequence[Delivery], now: datetime) -> str:
    done = [one for one in _in(deliveries, *DONE) if _is_shipment(one)]
    if not done:
        return ""
    standard = done[-1].standard or {}
    shipped_at = _time(standard.get("shipped_at")) or done[0].received_at
    return gettext("{name} was shipped {ago} and is fulfilled in {where}.").format(
        name=name, ago=_passed(now - shipped_at), where=_targets(done)
    )


def _is_shipment(one: Delivery) -> bool:
    return one.record is not None and one.record.resource == "shipment"


def _called_off(deliveries: Sequence[Delivery]) -> str:
    """By a person, and not done otherwise."""
    there = {one.target_id for one in _in(deliveries, *DONE)}
    found = [one for one in _in(deliveries, State.CANCELLED) if one.target_id not in there]
    if not found:
        return ""
    said = gettext("Its way to {where} was called off").format(where=_targets(found))
    return f" {said}: {sentence(found[-1].note)}" if found[-1].note else f" {said}."


def _known(name: str, links: Sequence[Link]) -> str:
    known = [
        gettext("in {system} as {label}").format(
            system=link.connection.label, label=link.label or link.external_id
        )
        for link in links
        if link.is_primary and link.record.resource == "order"
    ]
    if not known:
        return gettext("{name} is known, and nothing was sent.").format(name=name)
    return gettext("{name} is {places}.").format(name=name, places=listed(known))


def _targets(deliveries: Iterable[Delivery]) -> str:
    return listed(_labels(deliveries))


def _labels(deliveries: Iterable[Delivery]) -> list[str]:
    found = [one.target.label for one in deliveries if one.target is not None]
    return list(dict.fromkeys(found))


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found if found.tzinfo else None


def _passed(span: timedelta) -> str:
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 1:
        return gettext("just now")
    if minutes < 60:
        return gettext("{minutes} min ago").format(minutes=minutes)
    if minutes < 48 * 60:
        return gettext("{hours} h ago").format(hours=minutes // 60)
    days = minutes // 1440
    return ngettext("{days} day ago", "{days} days ago", days).format(days=days)
