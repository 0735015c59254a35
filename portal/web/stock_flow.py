"""How a flow offers stock: its formula with a preview, its places, and the kits."""

from copy import copy
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from ekyam.tenants.rights import Right
from flows.models import Flow, Formula, KitPart, Sync
from flows.operations.stock.arrange import (
    MOST_IN_A_KIT,
    add_kit_part,
    keep_formula,
    lock_formula,
    remove_kit_part,
    set_places,
)
from flows.operations.stock.offers import formula_of
from flows.queries.stock.settings import (
    LEFT_OUT,
    get_settings,
    get_stock_flow,
    preview_formula,
    who_kept,
)
from flows.states import IllegalMove
from portal.web.access import SeatedRequest, act, page
from portal.web.undo import say_with_undo

MOST = 1_000_000
HOURS_OF_A_YEAR = 8760


class FormulaForm(forms.ModelForm):  # type: ignore[type-arg]
    buffer = forms.IntegerField(
        min_value=0,
        max_value=MOST,
        label=gettext_lazy("Buffer"),
        help_text=gettext_lazy("So many of each SKU are never offered, at each place."),
    )
    least_percent = forms.IntegerField(
        min_value=0,
        max_value=100,
        label=gettext_lazy("Ask when the source shows less than this percentage"),
        help_text=gettext_lazy(
            "A full comparison that finds fewer of the levels that were there before stops"
            " and asks."
        ),
    )
    most_to_zero_percent = forms.IntegerField(
        min_value=0,
        max_value=100,
        label=gettext_lazy("Ask when more than this percentage would be sold out"),
        help_text=gettext_lazy(
            "A full comparison that would take more of what is for sale down to 0 stops and"
            " asks. Up to ten SKUs may always go."
        ),
    )
    read_back_hours = forms.IntegerField(
        min_value=0,
        max_value=HOURS_OF_A_YEAR,
        label=gettext_lazy("Hours until the target is read back"),
        help_text=gettext_lazy(
            "The first full comparison after so many hours reads what the target holds, too."
        ),
    )

    class Meta:
        model = Formula
        fields = (
            "base",
            "less_on_the_way",
            "less_safety",
            "less_committed",
            "less_damaged",
            "less_quarantined",
            "buffer",
            "missing_is_zero",
            "least_percent",
            "most_to_zero_percent",
            "read_back_hours",
        )
        labels = {
            "base": gettext_lazy("Begin with"),
            "less_on_the_way": gettext_lazy("Take off what is on its way"),
            "less_safety": gettext_lazy("Take off the safety stock"),
            "less_committed": gettext_lazy("Take off what is committed"),
            "less_damaged": gettext_lazy("Take off what is damaged"),
            "less_quarantined": gettext_lazy("Take off what is in quarantine"),
            "missing_is_zero": gettext_lazy("What the source no longer names is sold out"),
        }
        help_texts = {
            "base": gettext_lazy("Where the source tells only one of the two, that one counts."),
            "less_on_the_way": gettext_lazy(
                "What orders have sold, until the source knows of them."
            ),
            "less_safety": gettext_lazy("What the source says must stay on the shelf."),
            "less_committed": gettext_lazy(
                "What the source has promised to orders. Leave it out where what is"
                " available is without it already."
            ),
            "less_damaged": gettext_lazy(
                "Leave it out where what is available is without it already."
            ),
            "less_quarantined": gettext_lazy(
                "Leave it out where what is available is without it already."
            ),
            "missing_is_zero": gettext_lazy("Otherwise it stays as it was last told."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.show_hidden_initial = True  # what the page showed tells what was changed on it

    def merge(self, known: Formula) -> list[str]:
        """What was not changed here is as it is known by now. Returns what was changed both here
        and elsewhere, and not to the same: sent once more, it is kept as it is here."""
        both = []
        data = dict(self.data.items())
        for name in self.fields:
            bound, now = self[name], getattr(known, name)
            shown = data.get(bound.html_initial_name)
            if name not in self.changed_data:
                setattr(self.instance, name, now)
                data[bound.html_name] = _as_sent(now)
            elif shown not in (None, str(now)) and now != self.cleaned_data[name]:
                both.append(name)
            data[bound.html_initial_name] = str(now)
        self.data = data
        return both

    def ask_about(self, name: str, known: Formula, by: str) -> None:
        words = gettext("Kept by {name} meanwhile: {theirs}. Yours: {yours}. Keep yours?").format(
            name=by or gettext("Somebody else"),
            theirs=self._said(name, getattr(known, name)),
            yours=self._said(name, self.cleaned_data[name]),
        )
        self.add_error(name, words)

    def _said(self, name: str, value: Any) -> str:
        if isinstance(value, bool):
            return gettext("yes") if value else gettext("no")
        return str(dict(Formula.Base.choices).get(value, value) if name == "base" else value)


def _as_sent(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else ""
    return str(value)


class KitForm(forms.Form):
    kit = forms.CharField(max_length=255, label=gettext_lazy("SKU of the kit"))
    part = forms.CharField(max_length=255, label=gettext_lazy("SKU of the part"))
    quantity = forms.IntegerField(
        min_value=1, max_value=MOST_IN_A_KIT, initial=1, label=gettext_lazy("So many in each kit")
    )


def _show(request: SeatedRequest, flow: Flow, **more: Any) -> HttpResponse:
    form = FormulaForm(instance=formula_of(flow), auto_id="formula_%s")
    if not request.seat.may(Right.CONFIGURE):
        for field in form.fields.values():
            field.disabled = True
    context = {"flow": get_settings(flow), "form": form, "kit_form": KitForm(auto_id="kit_%s")}
    context |= {"left_out": LEFT_OUT, **more}
    return render(request, "portal/stock_flow.html", context)


@page
def stock_flow(request: SeatedRequest, id: str) -> HttpResponse:
    return _show(request, get_stock_flow(id))


@act(Right.CONFIGURE)
def set_formula(request: SeatedRequest, id: str) -> HttpResponse:
    """«Preview» shows what would change, and keeps nothing. What somebody else has kept otherwise
    since the page was shown is shown first."""
    flow = get_stock_flow(id)
    known = lock_formula(flow)
    instance = copy(known)
    form = FormulaForm(request.POST, instance=instance, auto_id="formula_%s")
    if not form.is_valid():
        return _show(request, flow, form=form)
    both = form.merge(known)
    for name in both:
        form.ask_about(name, known, who_kept(flow, name))
    if both:
        return _show(request, flow, form=form)
    if "preview" in request.POST:
        return _show(request, flow, form=form, preview=preview_formula(flow, instance))
    is_changed, begun = keep_formula(instance, by=request.seat.person)
    if is_changed:
        _say(request, flow, begun, gettext("The formula is kept."))
    else:
        messages.success(request, gettext("Nothing was changed."))
    return redirect("stock_flow", id=id)


@act(Right.CONFIGURE)
def set_stock_places(request: SeatedRequest, id: str) -> HttpResponse:
    flow = get_stock_flow(id)
    chosen: dict[str, str | None] = {}
    for place in get_settings(flow).places:
        value = request.POST.get(place.id, place.chosen)
        if value == request.POST.get(f"was_{place.id}"):
            value = place.chosen  # as somebody else may have set it since
        chosen[place.external_id] = "" if value == LEFT_OUT else value or None
    try:
        is_changed, begun = set_places(flow, chosen, by=request.seat.person)
        if is_changed:
            _say(request, flow, begun, gettext("The places are kept."))
        else:
            messages.success(request, gettext("Nothing was changed."))
    except IllegalMove as reason:
        messages.error(request, str(reason))
    return redirect("stock_flow", id=id)


@act(Right.CONFIGURE)
def add_kit(request: SeatedRequest, id: str) -> HttpResponse:
    flow, form = get_stock_flow(id), KitForm(request.POST, auto_id="kit_%s")
    if form.is_valid():
        try:
            row = add_kit_part(flow, **form.cleaned_data, by=request.seat.person)
        except IllegalMove as reason:
            form.add_error(None, str(reason))
    if form.errors:
        return _show(request, flow, kit_form=form)
    messages.success(request, gettext("{row}. It counts from the next comparison.").format(row=row))
    return redirect("stock_flow", id=id)


@act(Right.CONFIGURE)
def remove_kit(request: SeatedRequest, id: str) -> HttpResponse:
    get_stock_flow(id)
    row = KitPart.get_public(request.POST.get("part", ""))
    kept = {"kit": row.kit, "part": row.part, "quantity": str(row.quantity)}
    remove_kit_part(row, by=request.seat.person)
    said = gettext("It is no part of the kit any more.")
    say_with_undo(request, said, undo=reverse("add_kit", args=[id]), **kept)
    return redirect("stock_flow", id=id)


def _say(request: SeatedRequest, flow: Flow, begun: Sync | None, done: str) -> None:
    """And when it counts."""
    if begun is not None:
        words = gettext("Everything is being compared by it now.")
    elif flow.is_on:
        words = gettext("A full comparison is under way: it is in the next one.")
    else:
        words = gettext("It counts as soon as the flow is on.")
    messages.success(request, f"{done} {words}")
