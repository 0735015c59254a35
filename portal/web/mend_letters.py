"""Many dead letters at once: first what would happen to how many, then the progress."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from connectors.standard import resources
from ekyam.tenants.rights import Right
from flows.models import BulkAct, Deed
from flows.operations.mend.start import begin_act, stop_act
from flows.queries.bulk import ActRow, get_act, preview_act, said_of
from flows.queries.changes import preview_changes
from flows.queries.dead_letters import DeadGroup, find_dead_group, list_dead_groups
from flows.queries.spoken_of import find_spoken_of
from flows.states import IllegalMove
from portal.web.access import SeatedRequest, act, form_page, page
from portal.web.change_rows import (
    MOST_ROWS,
    ChangeForm,
    ChangeRow,
    check_rows,
    paths_of,
    read_rows,
    with_another,
)
from portal.web.letter_filters import Chosen, read_chosen
from portal.web.moments import moment_of

LONGEST_REASON = 300
WORDS = {
    Deed.RETRY: (gettext_lazy("Send again"), gettext_lazy("Retry")),
    Deed.SET: (gettext_lazy("Set attributes in all of them"), gettext_lazy("Set and send")),
    Deed.WAIVE: (gettext_lazy("Waive"), gettext_lazy("Waive")),
}


@form_page(Right.OPERATE)
def mend_letters(request: SeatedRequest, key: str) -> HttpResponse:
    """By GET what would happen; by POST it begins, once for each form. What attributes shall be is
    a POST as well, `do` being "look": it may be somebody's address, which no log of addresses has.
    """
    begun = BulkAct.objects.filter(token=_token(request)).first()
    if begun is not None:  # the same form, sent twice
        return redirect("bulk_act", id=begun.public_id)
    chosen = read_chosen(request, with_ticks=True)
    found = list_dead_groups(key=key, wanted=chosen.wanted)
    if not found:
        find_dead_group(key)
        messages.error(request, gettext("None of these is dead any more: somebody was faster."))
        return redirect("dead_group", key=key)
    group = found[0]
    named = request.GET.get("deed", "retry")
    deed = Deed(named) if named in Deed.values else Deed.RETRY
    if request.method != "POST" or request.POST.get("do") == "look":
        return _show(request, group, chosen, deed)
    return _begin(request, group, chosen, deed)


def _begin(request: SeatedRequest, group: DeadGroup, chosen: Chosen, deed: Deed) -> HttpResponse:
    note = request.POST.get("reason", "").replace("\x00", "").strip()
    error = ""
    if deed == Deed.WAIVE and not note:
        error = gettext("Say why: it is kept, and shown with each record.")
    elif len(note) > LONGEST_REASON:
        error = gettext("It is longer than {longest_reason} characters.").format(
            longest_reason=LONGEST_REASON
        )
    changes = _form(request, group).changes if deed == Deed.SET else []
    if error or (deed == Deed.SET and not changes):
        return _show(request, group, chosen, deed, error=error)
    try:
        begun = begin_act(
            group.key,
            deed,
            chosen.wanted,
            token=_token(request),
            until=moment_of(request.POST.get("until", "")),
            note=note,
            changes=changes,
        )
    except IllegalMove as reason:
        messages.error(request, str(reason))
        return redirect("dead_group", key=group.key)
    return redirect("bulk_act", id=begun.public_id)


def _token(request: SeatedRequest) -> UUID:
    try:
        return UUID(request.POST.get("token", ""))
    except ValueError:
        return uuid4()


def _show(
    request: SeatedRequest,
    group: DeadGroup,
    chosen: Chosen,
    deed: Deed,
    *,
    error: str = "",
) -> HttpResponse:
    title, button = WORDS[deed]
    preview = preview_act(group.key, chosen.wanted)
    context: dict[str, Any] = {
        "group": group,
        "chosen": chosen,
        "deed": str(deed),
        "title": title,
        "button": button,
        "preview": preview,
        "token": uuid4(),
        "until": timezone.now().isoformat(),
        "error": error,
        "reason": request.POST.get("reason", ""),
    }
    if deed == Deed.SET:
        context |= _setting(request, group, chosen, _form(request, group))
    return render(request, "portal/mend_letters.html", context)


def _setting(
    request: SeatedRequest, group: DeadGroup, chosen: Chosen, form: ChangeForm
) -> dict[str, Any]:
    """The form of the attributes, and, once it is filled in, what comes of them."""
    found: dict[str, Any] = {"form": form, "paths": paths_of(_resource(group))}
    found["is_longer"] = "add" in request.POST and not form.wrong
    if form.changes:
        kinds, looked_at = preview_changes(
            group.key, chosen.wanted, form.changes, now=timezone.now()
        )
        holds = sum(one.count for one in kinds if not one.refused)
        found |= {"kinds": kinds, "kinds_of": looked_at, "holds": holds}
        found["stay"] = looked_at - holds
        found["die"] = sum(one.count for one in kinds if one.dies)
    return found


def _form(request: SeatedRequest, group: DeadGroup) -> ChangeForm:
    """What was typed; before something was, a row for each attribute that the refusal names."""
    if group.flow is None:
        wrong = gettext("These records could not be read, so there is nothing to set.")
        return ChangeForm([ChangeRow()], wrong=wrong)
    of = _resource(group)
    typed = read_rows(request.POST if request.method == "POST" else request.GET)
    if "add" in request.POST:
        return with_another(typed)
    if typed or request.method == "POST":
        return check_rows(typed, of)
    named = find_spoken_of(paths_of(of), group.reason, group.line)
    return ChangeForm([ChangeRow(path) for path in named[:MOST_ROWS]] or [ChangeRow()])


def _resource(group: DeadGroup) -> Any:
    return resources()[group.flow.stream_spec.resource] if group.flow else None


# --- Its progress -------------------------------------------------------------------------------


@page
def bulk_act(request: SeatedRequest, id: str) -> HttpResponse:
    return render(request, "portal/bulk_act.html", _progress(get_act(id)))


@page
def bulk_part(request: SeatedRequest, id: str) -> HttpResponse:
    """The part that changes, for polling: 204 while it is as the reader has seen it."""
    context = _progress(get_act(id))
    if context["seen"] == request.GET.get("seen"):
        return HttpResponse(status=204)
    return render(request, "portal/bulk_part.html", context)


def _progress(found: ActRow) -> dict[str, Any]:
    is_running = found.state == "running"
    context: dict[str, Any] = {"act": found, "is_running": is_running, "said": said_of(found)}
    context["title"] = WORDS[Deed(found.deed)][0]
    context["seen"] = f"{found.state}-{found.total}-{found.seen}-{found.reason[:40]}"
    if is_running and found.started_at and found.seen and found.total:
        passed = (timezone.now() - found.started_at).total_seconds()
        context["rate"] = rate = found.seen / max(passed, 1.0)
        context["left_seconds"] = max(found.total - found.seen, 0) / rate
    return context


@act(Right.OPERATE)
def stop_bulk(request: SeatedRequest, id: str) -> HttpResponse:
    try:
        stop_act(BulkAct.get_public(id))
        messages.success(request, gettext("It is stopped. What was done until then stays."))
    except IllegalMove as reason:
        messages.error(request, str(reason))
    return redirect("bulk_act", id=id)
