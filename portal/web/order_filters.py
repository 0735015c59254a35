"""The filters of the list of orders, as its address has them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy

from connectors.models import Connection
from ekyam import ids
from flows.models import Flow
from flows.queries.orders import Wanted

STATES = (
    ("all", gettext_lazy("All")),
    ("open", gettext_lazy("Under way")),
    ("dead", gettext_lazy("Stuck")),
    ("held", gettext_lazy("Held")),
)
SPANS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
SPAN_WORDS = (
    ("day", gettext_lazy("the last 24 hours")),
    ("week", gettext_lazy("the last 7 days")),
    ("month", gettext_lazy("the last 30 days")),
)
NAMES = ("state", "system", "flow", "within", "from", "to", "q")


@dataclass(frozen=True)
class Asked:
    """`values` is what was asked for and is not the usual."""

    values: dict[str, str]

    @property
    def query(self) -> str:
        return urlencode(self.values)

    @property
    def state(self) -> str:
        return self.values.get("state", "all")

    @property
    def is_narrowed(self) -> bool:
        """By more than a tab."""
        return bool(self.values.keys() - {"state"})

    def tabs(self) -> list[tuple[str, str, str]]:
        """State, words, and the address of the same filters in that state."""
        rest = {name: value for name, value in self.values.items() if name != "state"}
        return [
            (name, str(label), urlencode(rest if name == "all" else {"state": name, **rest}))
            for name, label in STATES
        ]


def read_filters(given: QueryDict) -> Asked:
    """What is no state and no day filters nothing."""
    found = {name: given.get(name, "").strip()[:255] for name in NAMES}
    if found["state"] == "all" or found["state"] not in dict(STATES):
        found["state"] = ""
    if found["within"] not in SPANS:
        found["within"] = ""
    for name in ("from", "to"):
        if _day(found[name]) is None:
            found[name] = ""
    return Asked({name: value for name, value in found.items() if value})


def wanted_of(asked: Asked) -> Wanted:
    """In the company's time zone. Raises DoesNotExist for what can be no system or flow."""
    values: dict[str, Any] = asked.values
    span, last = SPANS.get(values.get("within", "")), _day(values.get("to", ""))
    since = _midnight(_day(values.get("from", "")))
    return Wanted(
        state=asked.state,
        system=_key(Connection, values.get("system", "")),
        flow=_key(Flow, values.get("flow", "")),
        since=timezone.now() - span if span else since,
        until=_midnight(last + timedelta(days=1)) if last and last < date.max else None,
        text=values.get("q", ""),
    )


def _key(model: type[Connection] | type[Flow], public_id: str) -> UUID | None:
    """Of another company's there is nothing to see: it is not asked for."""
    try:
        return ids.parse(model.prefix, public_id) if public_id else None
    except ids.UnknownId as error:
        raise model.DoesNotExist(str(error)) from error


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1970 < found.year < 9000 else None


def _midnight(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None
