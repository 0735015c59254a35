"""The rules of a flow: in words, on or off, in their order; made, and tried on what came last."""

from typing import Any

import msgspec
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from msgspec.structs import replace

from connectors.errors import MappingFailed
from connectors.standard import resources
from connectors.standard.attributes import names_below
from ekyam.tenants.rights import Right
from flows.mapping.complaints import in_words
from flows.mapping.parse import LogicInvalid, parse_logic
from flows.operations.versions import Conflict, check_logic, save_draft
from flows.queries.rule_trial import try_rule
from flows.rules.judge import RuleInvalid
from flows.rules.ready import fill_in
from flows.rules.rule import AllOf, Hold, Rule
from flows.rules.words import say_rule
from flows.states import IllegalMove
from portal.web.access import SeatedRequest, act, form_page, page
from portal.web.logic import Desk, frame, open_desk, read_edition, save
from portal.web.rule_forms import (
    ACTIONS,
    MOST_ROWS,
    Row,
    find_ready,
    list_ready,
    operators,
    read_ready,
    read_rule,
    reshape,
    show_data,
    show_ready,
    show_rule,
)

NEW = "+"


@page
def rules(request: SeatedRequest, id: str) -> HttpResponse:
    desk = open_desk(id)
    found = [{"rule": rule, "words": say_rule(rule)} for rule in desk.logic.rules]
    context = frame(request, desk, "rules", rules=found, ready=list_ready())
    context["is_order"] = desk.flow.stream_spec.resource == "order"
    return render(request, "portal/rules.html", context)


@act(Right.CONFIGURE)
def change_rules(request: SeatedRequest, id: str) -> HttpResponse:
    """«up:2», «down:2», «on:2», «off:2», «remove:2»."""
    desk = open_desk(id)
    what, _, which = request.POST.get("do", "").partition(":")
    known, number = list(desk.logic.rules), _number(which)
    if number is None or what not in ("up", "down", "on", "off", "remove"):
        return HttpResponseBadRequest(gettext("There is no such button."))
    if number > len(known):
        gone = gettext("That rule was taken away meanwhile: this is how it is now. Try again.")
        messages.error(request, gone)
        return redirect("rules", id=id)
    rule = known.pop(number - 1)
    if what in ("up", "down"):
        known.insert(max(0, number - 2) if what == "up" else number, rule)
    elif what in ("on", "off"):
        known.insert(number - 1, replace(rule, is_on=what == "on"))
    said = {
        "on": gettext("«{name}» is on in the draft.").format(name=rule.name),
        "off": gettext("«{name}» is off in the draft.").format(name=rule.name),
        "remove": gettext("«{name}» is taken away in the draft.").format(name=rule.name),
    }
    save(request, desk, replace(desk.logic, rules=tuple(known)), said.get(what, ""))
    return redirect("rules", id=id)


def _number(text: str) -> int | None:
    found = int(text[:3]) if text.isascii() and text.isdigit() else 0
    return found or None


@form_page(Right.CONFIGURE)
def edit_rule(request: SeatedRequest, id: str) -> HttpResponse:
    desk = open_desk(id)
    asked = request.POST if request.method == "POST" else request.GET
    ready = find_ready(asked.get("ready", ""))
    kept = _kept(desk, asked.get("at", NEW), asked.get("was", ""))
    if request.method != "POST":
        shown = {"ready": show_ready(ready)} if ready else {"form": show_rule(kept or _blank())}
        return _show(request, desk, kept, **shown)
    if ready is not None:
        shown = {"ready": show_ready(ready, request.POST)}
        try:
            return _keep(request, desk, None, fill_in(read_ready(ready, request.POST)), shown)
        except msgspec.ValidationError as error:
            words = in_words(error, read_ready(ready, request.POST))
            return _show(request, desk, None, errors=[f"{words}."], **shown)
    return _own(request, desk, kept)


def _own(request: SeatedRequest, desk: Desk, kept: Rule | None) -> HttpResponse:
    data, do = read_rule(request.POST, kept), request.POST.get("do", "save")
    if do == "act":
        do = f"act:{request.POST.get('kind', '')}"
    if do not in ("save", "try"):
        return _show(request, desk, kept, form=show_data(reshape(data, do), request.POST))
    shown = {"form": show_data(data, request.POST)}
    try:
        parsed = parse_logic({"rules": [data]}, resource=desk.flow.stream_spec.resource)
    except LogicInvalid as invalid:
        errors = [_say(one.place, one.message) for one in invalid.problems]
        return _show(request, desk, kept, errors=errors, **shown)
    return _keep(request, desk, kept, parsed.rules[0], shown)


def _say(place: str, message: str) -> str:
    """Without «rule 1 «COD»», for there is but one."""
    where = place.partition(", ")[2]
    said = f"{where}: {message}" if where else message
    return f"{said[:1].upper()}{said[1:]}."


def _kept(desk: Desk, at: str, was: str) -> Rule | None:
    """The rule that is being changed, by its name if it has moved; None for a new one."""
    if was:
        return next((rule for rule in desk.logic.rules if rule.name == was), None)
    number = _number(at)
    known = desk.logic.rules
    return known[number - 1] if number is not None and number <= len(known) else None


def _blank() -> Rule:
    return Rule("", AllOf(()), (Hold(""),))


def _keep(
    request: SeatedRequest, desk: Desk, kept: Rule | None, rule: Rule, shown: dict[str, Any]
) -> HttpResponse:
    """Try it, or save it in the draft: in its place, or at the end."""
    known = list(desk.logic.rules)
    if kept is not None:
        known[known.index(kept)] = rule
    else:
        known.append(rule)
    logic = replace(desk.logic, rules=tuple(known))
    try:
        check_logic(desk.flow, logic)
        if request.POST.get("do") == "try":
            trial = try_rule(desk.flow, desk.logic, rule)
            return _show(request, desk, kept, trial=trial, words=say_rule(rule), **shown)
        note = desk.draft.note if desk.draft else ""
        save_draft(desk.flow, logic, edition=read_edition(request, desk), note=note)
    except Conflict:
        conflict = {
            "by": desk.draft.made_by if desk.draft else "",
            "theirs": say_rule(kept) if kept else "",
            "mine": say_rule(rule),
        }
        return _show(request, desk, kept, conflict=conflict, **shown)
    except (MappingFailed, RuleInvalid, IllegalMove) as refused:
        return _show(request, desk, kept, errors=[str(refused)], **shown)
    messages.success(request, gettext("«{name}» is saved in the draft.").format(name=rule.name))
    return redirect("rules", id=desk.flow.public_id)


def _show(request: SeatedRequest, desk: Desk, kept: Rule | None, **more: Any) -> HttpResponse:
    """With an empty row for one more condition."""
    context = frame(request, desk, "rules", kept=kept, edition=desk.edition, **more)
    if request.method == "POST" and "conflict" not in more:
        context["edition"] = read_edition(request, desk)
    form = more.get("form")
    if form is not None:
        rows = list(form.rows)
        if len(rows) < MOST_ROWS:
            rows.append(Row(len(rows) + 1))
        context["rows"] = rows
    resource = resources()[desk.flow.stream_spec.resource]
    context["attributes"] = list(names_below(resource, into_lists=True))
    context["operators"] = operators()
    context["kinds"] = [(kind, label) for kind, (label, _) in ACTIONS.items()]
    return render(request, "portal/rule.html", context)
