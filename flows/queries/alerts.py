"""Alerts, their rules and channels, as pages show them: never an address."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext, ngettext

from flows.alerts.kinds import KINDS
from flows.models import Alert, AlertChannel, AlertRoute, AlertRule
from flows.queries.pages import SIZE, Page, cut

MOST_SHOWN = 200


@dataclass(frozen=True)
class AlertRow:
    """`state` is open, acknowledged or over."""

    id: str
    state: str
    rule: str
    subject: str
    text: str
    count: int
    opened_at: datetime
    last_at: datetime
    times_told: int
    acknowledged_at: datetime | None
    acknowledged_by: str
    escalated_at: datetime | None
    cleared_at: datetime | None


@dataclass(frozen=True)
class RuleRow:
    id: str
    label: str
    is_on: bool
    when: str  # in words
    quiet_minutes: int
    escalate_minutes: int
    channels: list[str]
    further: list[str]


@dataclass(frozen=True)
class ChannelRow:
    id: str
    kind: str
    label: str
    shown: str
    error: str
    sent_at: datetime | None
    used_by: int


def list_open_alerts() -> list[AlertRow]:
    """What nobody has acknowledged first, then the oldest."""
    rows = Alert.objects.filter(cleared_at=None).select_related("rule").order_by("opened_at", "id")
    found = [_row(one) for one in rows[:MOST_SHOWN]]
    return sorted(found, key=lambda row: row.state != "open")


def list_past_alerts(*, after: str = "") -> Page[AlertRow]:
    """The newest first. Raises Alert.DoesNotExist for an `after` that is none."""
    rows = Alert.objects.exclude(cleared_at=None).select_related("rule").order_by("-id")
    if after:
        rows = rows.filter(pk__lt=Alert.get_public(after).pk)
    found = [_row(one) for one in rows[: SIZE + 1]]
    return cut(found, ids=[one.id for one in found], after=after)


def _row(one: Alert) -> AlertRow:
    state = "over" if one.cleared_at else "acknowledged" if one.acknowledged_at else "open"
    return AlertRow(
        id=one.public_id,
        state=state,
        rule=str(one.rule),
        subject=one.subject,
        text=one.text,
        count=one.count,
        opened_at=one.opened_at,
        last_at=one.last_at,
        times_told=one.times_told,
        acknowledged_at=one.acknowledged_at,
        acknowledged_by=one.acknowledged_by,
        escalated_at=one.escalated_at,
        cleared_at=one.cleared_at,
    )


def list_rules() -> list[RuleRow]:
    """In the order of their kinds; two queries."""
    told: dict[object, tuple[list[str], list[str]]] = {}
    routes = AlertRoute.objects.order_by("channel__label")
    for rule_id, further, label in routes.values_list("rule_id", "is_escalation", "channel__label"):
        told.setdefault(rule_id, ([], []))[further].append(label)
    rows = {one.kind: one for one in AlertRule.objects.all()}
    found = [(rows[slug], told.get(rows[slug].pk, ([], []))) for slug in KINDS if slug in rows]
    return [
        RuleRow(
            id=one.public_id,
            label=str(one),
            is_on=one.is_on,
            when=when(one),
            quiet_minutes=one.quiet_minutes,
            escalate_minutes=one.escalate_minutes,
            channels=at_once,
            further=further,
        )
        for one, (at_once, further) in found
    ]


def when(rule: AlertRule) -> str:
    count = rule.threshold
    words = {
        "connection_down": (
            ngettext("After {count:,} minutes", "After {count:,} minutes", count)
            if count
            else gettext("At once")
        ),
        "dead_letters": ngettext(
            "From {count:,} of one cause on", "From {count:,} of one cause on", count
        ),
        "flow_silent": ngettext(
            "After {count:,} hours that are usually busy",
            "After {count:,} hours that are usually busy",
            count,
        ),
        "stock_drift": ngettext("From {count:,} levels on", "From {count:,} levels on", count),
        "sync_late": ngettext(
            "After {count:,} hours without one", "After {count:,} hours without one", count
        ),
    }
    return words[rule.kind].format(count=count)


def list_channels() -> list[ChannelRow]:
    used: dict[object, set[object]] = {}
    for channel_id, rule_id in AlertRoute.objects.values_list("channel_id", "rule_id"):
        used.setdefault(channel_id, set()).add(rule_id)
    rows = AlertChannel.objects.defer("address", "secret").order_by("label")
    return [
        ChannelRow(
            id=one.public_id,
            kind=one.get_kind_display(),
            label=one.label,
            shown=one.shown,
            error=one.error,
            sent_at=one.sent_at,
            used_by=len(used.get(one.pk, ())),
        )
        for one in rows
    ]


def summarise(open_ones: list[AlertRow]) -> str:
    if not open_ones:
        return gettext("Nothing is wrong that anybody asked to be told of.")
    new = sum(1 for one in open_ones if one.state == "open")
    count = len(open_ones)
    if not new:
        return ngettext(
            "{count} alert is open, and somebody is at it.",
            "{count} alerts are open, and somebody is at each of them.",
            count,
        ).format(count=count)
    said = ngettext("{count} alert is open", "{count} alerts are open", count).format(count=count)
    return ngettext(
        "{said}; {new} is not acknowledged yet.", "{said}; {new} are not acknowledged yet.", new
    ).format(said=said, new=new)
