"""Many dead letters at once: first what would happen to how many, then the progress."""

import json
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from connectors.standard import resources
from connectors.standard.attributes import AttributeUnknown, names_below, struct_within, type_below
from ekyam.tenants.rights import Right
from flows.models import BulkAct, Deed
from flows.operations.mend.start import begin_act, stop_act
from flows.queries.bulk import ActRow, get_act, preview_act, preview_change, said_of
from flows.queries.dead_letters import DeadGroup, find_dead_group, list_dead_groups
from flows.states import IllegalMove
from portal.web.access import SeatedRequest, act, form_page, page
from portal.web.letter_filters import Chosen, read_chosen
from portal.web.moments import moment_of

LONGEST_REASON, LONGEST_VALUE = 300, 500
WORDS = {
    Deed.RETRY: (gettext_lazy("Send again"), gettext_lazy("Retry")),
    Deed.SET: (gettext_lazy("Set an attribute in all of them"), gettext_lazy("Set it, and send")),
    Deed.WAIVE: (gettext_lazy("Waive"), gettext_lazy("Waive")),
}


@form_page(Right.OPERATE)
def mend_letters(request: SeatedRequest, key: str) -> HttpResponse:
    """By GET what would happen; by POST it begins, once for each form."""
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
    if request.method != "POST":
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
    change, _ = _change(request, group) if deed == Deed.SET else ({}, "")
    if error or (deed == Deed.SET and not change):
        return _show(request, group, chosen, deed, error=error)
    try:
        begun = begin_act(
            group.key,
            deed,
            chosen.wanted,
            token=_token(request),
            until=moment_of(request.POST.get("until", "")),
            note=note,
            change=change,
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
        "ticked": request.GET.getlist("id") if chosen.wanted.ids else [],
    }
    if deed == Deed.SET:
        context |= _setting(request, group, chosen)
    return render(request, "portal/mend_letters.html", context)


def _setting(request: SeatedRequest, group: DeadGroup, chosen: Chosen) -> dict[str, Any]:
    """The form of the attribute, and, once it is filled in, each kind of change."""
    change, wrong = _change(request, group)
    found: dict[str, Any] = {"paths": _paths(group), "wrong": wrong}
    found |= {name: _asked(request, name) for name in ("path", "value")}
    if change:
        kinds, looked_at = preview_change(group.key, chosen.wanted, change["path"], change["value"])
        holds = sum(one.count for one in kinds if not one.refused)
        found |= {"kinds": kinds, "kinds_of": looked_at, "holds": holds}
        found["stay"] = looked_at - holds
    return found


def _asked(request: SeatedRequest, name: str) -> str:
    found = request.POST.get(name) if request.method == "POST" else request.GET.get(name)
    return (found or "").replace("\x00", "").strip()


def _change(request: SeatedRequest, group: DeadGroup) -> tuple[dict[str, Any], str]:
    """The path and the value, and what is wrong with them; neither before something was typed."""
    path, typed = _asked(request, "path"), _asked(request, "value")
    if not path:
        return {}, ""
    if len(typed) > LONGEST_VALUE:
        return {}, gettext("The value is longer than {longest_value} characters.").format(
            longest_value=LONGEST_VALUE
        )
    if group.flow is None:
        return {}, gettext("These records could not be read, so there is nothing to set.")
    try:
        declared = type_below(_resource(group), path)
    except AttributeUnknown:
        return {}, gettext("A record of this kind has no attribute «{path}».").format(
            path=path[:80]
        )
    if _names_a_record(path):
        return {}, gettext(
            "«{path}» is each one's own: in all of them it cannot be the same."
        ).format(path=path)
    if struct_within(declared) is not None:
        return {}, gettext("«{path}» has attributes of its own: choose one of them.").format(
            path=path
        )
    return {"path": path, "value": _value(typed)}, ""


def _value(typed: str) -> Any:
    """Yes and no are what they say, and an empty field is nothing; the rest is text, as which the
    standard reads numbers and times too."""
    if not typed:
        return None
    return json.loads(typed) if typed in ("true", "false") else typed


def _resource(group: DeadGroup) -> Any:
    assert group.flow is not None
    return resources()[group.flow.stream_spec.resource]


def _paths(group: DeadGroup) -> list[str]:
    if group.flow is None:
        return []
    of = _resource(group)
    names = names_below(of, into_lists=True)
    return [
        one
        for one in names
        if struct_within(type_below(of, one)) is None and not _names_a_record(one)
    ]


def _names_a_record(path: str) -> bool:
    """Or a line of it: with one name for all of them, the other system would know of one only."""
    above, _, last = path.rpartition(".")
    return last in ("id", "reference") and (not above or above.endswith("[]"))


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
