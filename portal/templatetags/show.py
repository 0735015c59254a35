"""Small pieces of pages: chips, times, links of the navigation."""

import json
from datetime import datetime
from functools import cache
from typing import Any

from django import template
from django.conf import settings
from django.contrib.messages.storage.base import Message
from django.template.context import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, ngettext

from connectors.registry import folder_of
from ekyam.team.members import a
from flows.queries import spans
from flows.queries.day import DayRow
from flows.queries.words import capped as say_capped
from portal.web import words
from portal.web.charts import draw_bars

register = template.Library()


@register.inclusion_tag("components/chip.html")
def chip(state: str, label: str = "") -> dict[str, str]:
    tone, word = words.TONES.get(state, ("quiet", state))
    return {"tone": tone, "label": label or str(word)}


@register.inclusion_tag("components/when.html")
def when(at: datetime | None, otherwise: str | None = None) -> dict[str, Any]:
    """How long ago, and the exact time in the company's zone on hover."""
    if at is None:
        return {"at": None, "words": gettext("never") if otherwise is None else otherwise}
    said = words.ago(at, timezone.now())
    return {"at": at, "words": said, "zone": _zone(), "is_relative": True}


@register.inclusion_tag("components/when.html")
def clock(at: datetime | None) -> dict[str, Any]:
    """The time to the second in the company's zone, the date on hover."""
    if at is None:
        return {"at": None, "words": ""}
    return {"at": at, "words": timezone.localtime(at).strftime("%H:%M:%S"), "zone": _zone()}


def _zone() -> str:
    return timezone.get_current_timezone_name()


@register.filter
def span(seconds: float | None) -> str:
    return "" if seconds is None else spans.span(seconds)


@register.filter
def milliseconds(amount: float | None) -> str:
    return "" if amount is None else spans.span(amount / 1000)


@register.filter
def count(number: int) -> str:
    """A nought steps back, so that the others stand out."""
    return str(number) if number else format_html('<span class="quiet">{}</span>', 0)


@register.filter
def percent(share: float) -> str:
    return f"{share:.0%}"


@register.filter
def thousands(number: int | None) -> str:
    """«100,000»; a dash for what nobody has told."""
    if number is None:
        return format_html('<span class="quiet">{}</span>', "\N{EN DASH}")
    return f"{number:,}"


@register.filter
def capped(number: int) -> str:
    """«1,000+» where it was not counted on."""
    return say_capped(number)


@register.inclusion_tag("components/bars.html")
def bars(row: DayRow) -> dict[str, Any]:
    """The last day of a flow: above the line what was delivered, below it what died."""
    said = gettext("{all_done:,} delivered, {all_dead:,} dead in the last 24 hours").format(
        all_done=row.all_done, all_dead=row.all_dead
    )
    if row.all_done:
        hour = max(range(len(row.done)), key=lambda place: row.done[place])
        back = len(row.done) - 1 - hour
        said = gettext("{said}; most in one hour {most:,}, {when}").format(
            said=said, most=row.done[hour], when=_hours_ago(back)
        )
    return {"chart": draw_bars(row.done, row.dead, words=f"{row.label}: {said}")}


def _hours_ago(back: int) -> str:
    if back == 0:
        return gettext("this hour")
    return ngettext("an hour ago", "{back} hours ago", back).format(back=back)


@register.filter
def at_least(number: int, has_more: bool) -> str:
    """«40+», where not all could be counted; a nought steps back."""
    return words.at_least(number, has_more) if number else count(0)


@register.filter
def at_most(number: int, most: int) -> str:
    """«10,000+», where no more than that was counted; a nought steps back."""
    return words.at_most(number, most) if number else count(0)


@register.filter
def signed(number: int) -> str:
    return f"{number:+,}".replace("-", "\N{MINUS SIGN}")


@register.filter
def state_words(state: str) -> str:
    return str(words.TONES.get(state, ("", state))[1])


@register.filter
def under(values: dict[str, Any], key: str) -> Any:
    return values.get(key)


@register.filter
def prefixed(text: str, prefix: str) -> str:
    return f"{prefix}{text}"


@register.filter
def in_sentence(label: str) -> str:
    """As it stands within a sentence: «Show the ERP's number» becomes «show the ERP's number»."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


@register.filter
def spaced(code: str) -> str:
    return code.replace("_", " ")


@register.filter
def one(role: str) -> str:
    """«an operator», «a viewer»."""
    return a(role)


@register.filter
def blame(who: str) -> str:
    return str(words.BLAME.get(who, ""))


@register.filter
def deed(action: str) -> str:
    return words.deed(action)


@register.filter
def told(value: Any) -> str:
    return words.told(value)


@register.filter
def actor_kind(kind: str) -> str:
    return str(words.ACTORS.get(kind, kind))


@register.filter
def undo(message: Message) -> dict[str, Any] | None:
    """The address and the values of the form that takes back what the message tells of; see
    portal.web.undo. Tags of others are words."""
    kept = message.extra_tags or ""
    found: dict[str, Any] | None = json.loads(kept) if kept.startswith("{") else None
    return found


@register.filter
def origin(code: str) -> str:
    return str(words.ORIGINS.get(code, code))


@register.filter
def state_word(state: str) -> str:
    """As the chip of the state says it, within a line."""
    return str(words.TONES.get(state, ("", state))[1]).lower()


@register.filter
def tone(state: str) -> str:
    return words.TONES.get(state, ("quiet", ""))[0]


@register.simple_tag
@cache
def system_icon(connector: str) -> str:
    """The drawing that a connector brings: ours, and decoration beside its name."""
    drawing = (folder_of(connector) / "icon.svg").read_text()
    return format_html('<span class="system-icon" aria-hidden="true">{}</span>', mark_safe(drawing))


@register.simple_tag
def has_sandbox() -> bool:
    """Whether simulated systems run here."""
    return bool(settings.SANDBOX_URL)


@register.inclusion_tag("components/nav_link.html", takes_context=True)
def nav_link(context: Context, name: str, label: str, *also: str) -> dict[str, Any]:
    """A link of the navigation; it is current on its own page and on those named in `also`."""
    match = context["request"].resolver_match
    here = match.url_name if match else ""
    return {
        "address": reverse(name),
        "label": label,
        "key": words.KEYS.get(name, ""),
        "is_here": here in (name, *also),
    }
