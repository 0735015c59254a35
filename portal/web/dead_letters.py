"""Dead letters by their cause, with the mending that is proposed; and the letters of one cause."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext

from connectors.models import OPEN_STATES, Connection
from ekyam.tenants.models import Membership
from ekyam.tenants.rights import Right
from flows.models import Delivery, Flow
from flows.operations.care import LONGEST, NotSaid, assign, comment
from flows.queries.bulk import list_acts
from flows.queries.care import Carers, find_carers, list_people, list_said
from flows.queries.dead_letters import (
    MOST_COUNTED,
    DeadGroup,
    DeadRow,
    find_dead_group,
    list_dead,
    list_dead_groups,
)
from flows.queries.lookups import list_missing
from flows.queries.proposals import Proposal, propose
from portal.web.access import SeatedRequest, act, page
from portal.web.letter_filters import SINCE, Chosen, read_chosen
from portal.web.spreadsheet import PAGE, spreadsheet


@page
def dead_letters(request: SeatedRequest) -> HttpResponse:
    chosen = read_chosen(request)
    groups = list_dead_groups(wanted=chosen.wanted)
    carers = find_carers(group.key for group in groups)
    context = {
        "groups": [_shown(group, carers) for group in groups],
        "answer": _answer(groups, chosen),
        "acts": list_acts(running=True),
        "missing": list_missing(most=20),
        "shut": list(Connection.objects.exclude(state__in=OPEN_STATES).defer("sealed")[:20]),
        "back": request.path,
        **_filters(chosen, _flows()),
    }
    return render(request, "portal/dead_letters.html", context)


def _flows() -> list[Flow]:
    found = Flow.objects.select_related("source", "target").order_by("position", "label", "id")
    return list(found.defer("source__sealed", "target__sealed"))


def _answer(groups: Sequence[DeadGroup], chosen: Chosen) -> str:
    """How many there are, and of what most of them died."""
    count = sum(group.count for group in groups)
    if not count:
        return gettext("Nothing is dead.") if not chosen.named else ""
    said = _say_many(count, len(groups), is_more=any(group.is_more for group in groups))
    return f"{said} {gettext('Mend the cause, then send all of it again at once.')}"


def _say_many(count: int, causes: int, *, is_more: bool) -> str:
    if is_more:
        said = ngettext(
            "More than {count:,} dead letters have one cause.",
            "More than {count:,} dead letters have {causes} causes.",
            causes,
        )
    elif causes > 1:
        said = ngettext(
            "{count:,} dead letters have {causes} causes.",
            "{count:,} dead letters have {causes} causes.",
            causes,
        )
    else:
        said = ngettext(
            "{count:,} dead letter has one cause.", "{count:,} dead letters have one cause.", count
        )
    return said.format(count=count, causes=causes)


def _filters(chosen: Chosen, flows: Iterable[Flow]) -> dict[str, Any]:
    ends = {end.public_id: end.label for flow in flows for end in (flow.source, flow.target)}
    return {
        "chosen": chosen,
        "flows": [(flow.public_id, flow.label) for flow in flows],
        "systems": sorted(ends.items(), key=lambda one: one[1]),
        "sinces": [(name, label) for name, (label, _) in SINCE.items()],
    }


def _shown(group: DeadGroup, carers: Carers) -> dict[str, Any]:
    proposal = propose(group)
    return {
        "group": group,
        "proposal": proposal,
        "address": address_of(group, proposal),
        "carer": carers.causes.get(group.key),
    }


def address_of(group: DeadGroup, proposal: Proposal) -> str:
    """Where the proposed mending is done; empty where it is on the page of the cause."""
    if proposal.kind == "authorise" and group.target:
        return reverse("connection", kwargs={"id": group.target.public_id})
    if proposal.kind == "row":
        table = {"table": proposal.table, "key": proposal.key}
        return f"{reverse('lookup_table')}?{urlencode(table)}"
    if proposal.kind == "line" and group.flow:
        where = {"side": proposal.side, "line": group.line}
        name = "edit_line" if group.line else "mapping"
        return f"{reverse(name, kwargs={'id': group.flow.public_id})}?{urlencode(where)}"
    if proposal.kind == "rule" and group.flow:
        return reverse("rules", kwargs={"id": group.flow.public_id})
    if proposal.kind == "edit" and group.count == 1:
        return reverse("edit_delivery", kwargs={"id": group.example_id})
    deed = {"edit": "set", "waive": "waive"}.get(proposal.kind, "retry")
    return f"{reverse('mend_letters', kwargs={'key': group.key})}?deed={deed}"


@page
def dead_letters_csv(request: SeatedRequest) -> StreamingHttpResponse:
    chosen, key = read_chosen(request), request.GET.get("cause", "")

    def turn(after: str) -> tuple[list[Sequence[Any]], str]:
        found = list_dead(key, wanted=chosen.wanted, after=after, size=PAGE)
        return [_cells(row) for row in found.rows], found.next

    header = (
        gettext("Record"),
        gettext("Flow"),
        gettext("From"),
        gettext("To"),
        gettext("Why"),
        gettext("Died"),
        gettext("Id"),
        gettext("Cause"),
    )
    filters = chosen.named | ({"cause": key} if key else {})
    return spreadsheet(request.seat.tenant, "dead-letters", header, turn, filters=filters)


def _cells(row: DeadRow) -> list[Any]:
    ends = [row.label, row.flow, row.source, row.target]
    return [*ends, row.reason, row.at.isoformat(timespec="seconds"), row.id, row.cause]


@page
def dead_group(request: SeatedRequest, key: str) -> HttpResponse:
    """Also when all is mended, as long as something tells of it."""
    chosen = read_chosen(request)
    acts = list_acts([key]) if _is_key(key) else []
    found = list_dead_groups(key=key, wanted=chosen.wanted)
    if not found and chosen.named:
        found = list_dead_groups(key=key)
    if not found and not acts:
        raise Delivery.DoesNotExist(key)
    carers = find_carers([key])
    context: dict[str, Any] = {"key": key, "acts": acts, "said": list_said(cause=key)}
    context |= {"people": list_people(), "longest": LONGEST, "carer": carers.causes.get(key)}
    context |= {"words": found[0].reason if found else acts[0].words}
    if found:
        group = found[0]
        rows = list_dead(key, wanted=chosen.wanted, after=request.GET.get("after", ""))
        context |= _shown(group, carers) | _filters(chosen, group.flows)
        context |= {"page": rows, "rows": [(one, carers.letters.get(one.id)) for one in rows.rows]}
        context |= {"is_more": group.is_more, "most": MOST_COUNTED}
    return render(request, "portal/dead_group.html", context)


def _is_key(key: str) -> bool:
    return len(key) == 32 and all(one in "0123456789abcdef" for one in key)


# --- Who looks after it, and what is said of it -------------------------------------------------


@act(Right.OPERATE)
def assign_cause(request: SeatedRequest, key: str) -> HttpResponse:
    group, member = find_dead_group(key), read_member(request)
    assign(_cause_of(group), member, label=group.reason)
    messages.success(request, given_to(member))
    return redirect("dead_group", key=key)


@act(Right.OPERATE)
def comment_cause(request: SeatedRequest, key: str) -> HttpResponse:
    group = find_dead_group(key)
    try:
        comment(request.POST.get("text", ""), cause=_cause_of(group), label=group.reason)
        messages.success(request, gettext("Your comment is kept."))
    except NotSaid as reason:
        messages.error(request, str(reason))
    return redirect(f"{reverse('dead_group', kwargs={'key': key})}#comments")


def _cause_of(group: DeadGroup) -> Any:
    return Delivery.get_public(group.example_id).cause


def read_member(request: SeatedRequest) -> Membership | None:
    """Raises Membership.DoesNotExist."""
    named = request.POST.get("member", "")
    if named == "me":
        return Membership.objects.select_related("user").get(user=request.user)
    return Membership.get_public(named) if named else None


def given_to(member: Membership | None) -> str:
    if member is None:
        return gettext("Nobody looks after it any more.")
    return gettext("{name} looks after it now.").format(name=member.user.name or member.user.email)
