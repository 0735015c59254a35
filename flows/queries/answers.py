"""What became of an order, in one sentence."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from flows.models import Delivery, Link
from flows.queries.home import plural, sentence
from flows.queries.shown import find_idle
from flows.queries.spans import span
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
    name = f"Order {label}"
    idle = find_idle(deliveries)
    moving = [one for one in deliveries if one.pk not in idle]
    return (
        _stuck(name, deliveries)
        or _waiting(name, moving, now, usual)
        or _on_its_way(name, moving, now, usual)
        or _cancelled(name, deliveries)
        or _shipped(name, deliveries, now)
        or _known(name, links)
    )


def _in(deliveries: Iterable[Delivery], *states: State) -> list[Delivery]:
    return [one for one in deliveries if one.state in states]


def _stuck(name: str, deliveries: Sequence[Delivery]) -> str:
    dead = _in(deliveries, State.DEAD)
    if not dead:
        return ""
    where = _targets(dead)
    way = f" on its way to {where}" if where else ""
    more = f" ({len(dead)} dead {plural('letter', len(dead))})" if len(dead) > 1 else ""
    return f"{name} is stuck{way}{more}: {sentence(dead[-1].reason)}"


def _waiting(
    name: str, deliveries: Sequence[Delivery], now: datetime, usual: Mapping[UUID, float]
) -> str:
    held = _in(deliveries, State.PARKED, State.RETRYING, State.IN_DOUBT)
    if not held:
        return ""
    since = _since(held[-1], now, usual)
    if held[-1].state == State.PARKED:
        return f"{name} waits on its way to {_targets(held)} {since}: {sentence(held[-1].reason)}"
    said = f"{name} is being tried again on its way to {_targets(held)}"
    return f"{said}, {since}: {sentence(held[-1].reason)}"


def _on_its_way(
    name: str, deliveries: Sequence[Delivery], now: datetime, usual: Mapping[UUID, float]
) -> str:
    moving = _in(deliveries, *OPEN)
    if not moving:
        return ""
    said = f"{name} is on its way to {_targets(moving)}"
    is_young = (now - moving[0].received_at).total_seconds() < 60
    return f"{said}." if is_young else f"{said}, {_since(moving[0], now, usual)}."


def _since(one: Delivery, now: datetime, usual: Mapping[UUID, float]) -> str:
    """«since 43 min (usual: 4 min)»."""
    said = f"since {span((now - one.received_at).total_seconds())}"
    seconds = usual.get(one.flow_id) if one.flow_id else None
    return said if seconds is None else f"{said} (usual: {span(seconds)})"


def _cancelled(name: str, deliveries: Sequence[Delivery]) -> str:
    told = [one for one in deliveries if (one.standard or {}).get("status") == "cancelled"]
    done = _in(told, *DONE)
    if not told or any(_is_shipment(one) for one in _in(deliveries, *DONE)):
        return ""
    if not done:
        return f"{name} was cancelled."
    where = _targets(done)
    return f"{name} was cancelled, and {where} {'know' if ' and ' in where else 'knows'} it."


def _shipped(name: str, deliveries: Sequence[Delivery], now: datetime) -> str:
    done = [one for one in _in(deliveries, *DONE) if _is_shipment(one)]
    if not done:
        return ""
    standard = done[-1].standard or {}
    shipped_at = _time(standard.get("shipped_at")) or done[0].received_at
    return f"{name} was shipped {_passed(now - shipped_at)} and is fulfilled in {_targets(done)}."


def _is_shipment(one: Delivery) -> bool:
    return one.record is not None and one.record.resource == "shipment"


def _known(name: str, links: Sequence[Link]) -> str:
    known = [
        f"in {link.connection.label} as {link.label or link.external_id}"
        for link in links
        if link.is_primary and link.record.resource == "order"
    ]
    return f"{name} is {_joined(known)}." if known else f"{name} is known, and nothing was sent."


def _targets(deliveries: Iterable[Delivery]) -> str:
    found = [one.target.label for one in deliveries if one.target is not None]
    return _joined(list(dict.fromkeys(found)))


def _joined(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found if found.tzinfo else None


def _passed(span: timedelta) -> str:
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 48 * 60 else f"{minutes // 1440} days ago"
