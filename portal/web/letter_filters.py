"""What a list of dead letters is narrowed to, as its address says it."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy

from connectors.models import Connection
from ekyam import ids
from ekyam.tenants.models import Membership
from flows.models import Delivery, Flow
from flows.queries.dead_letters import Wanted
from portal.web.access import SeatedRequest

SINCE = {
    "hour": (gettext_lazy("In the last hour"), timedelta(hours=1)),
    "day": (gettext_lazy("In the last day"), timedelta(days=1)),
    "week": (gettext_lazy("In the last week"), timedelta(days=7)),
    "month": (gettext_lazy("In the last month"), timedelta(days=30)),
}
MOST_TICKED = 200


@dataclass(frozen=True)
class Chosen:
    """`named` is what the address says, as it said it; `query` the same again, without ticks."""

    wanted: Wanted
    named: dict[str, str] = field(default_factory=dict)

    @property
    def query(self) -> str:
        return urlencode(self.named)


def read_chosen(request: SeatedRequest, *, with_ticks: bool = False) -> Chosen:
    """Raises DoesNotExist for an id that is none."""
    asked = {name: request.GET.get(name, "")[:80] for name in ("flow", "system", "assigned")}
    asked["since"] = request.GET.get("since", "")
    named = {name: value for name, value in asked.items() if value}
    if named.get("since") not in SINCE:
        named.pop("since", None)
    since = SINCE[named["since"]][1] if "since" in named else None
    ticked = request.GET.getlist("id")[:MOST_TICKED] if with_ticks else []
    wanted = Wanted(
        flow=_parse(Flow, named.get("flow", "")),
        system=_parse(Connection, named.get("system", "")),
        assignee=_assignee(request, named.get("assigned", "")),
        since=timezone.now() - since if since else None,
        ids=tuple(found for one in ticked if (found := _parse(Delivery, one))),
    )
    return Chosen(wanted, named)


def _parse(model: type[Flow | Connection | Delivery | Membership], public: str) -> UUID | None:
    if not public:
        return None
    try:
        return ids.parse(model.prefix, public)
    except ids.UnknownId as error:
        raise model.DoesNotExist(public) from error


def _assignee(request: SeatedRequest, named: str) -> UUID | None:
    if named != "me":
        return _parse(Membership, named)
    found = Membership.objects.filter(user=request.user).values_list("pk", flat=True).first()
    return found or UUID(int=0)  # who is no member, as a visitor, looks after nothing
