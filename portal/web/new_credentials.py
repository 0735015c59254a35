"""New credentials of a connection: tried at the vendor first, so that none replace good ones
blind."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from connectors.checks import keep_report
from connectors.credentials import edition_of, open_credentials
from connectors.models import Connection
from connectors.operations import OtherAccount, change_credentials, lock
from connectors.queries import missing_settings
from connectors.trials import Trial, try_access
from ekyam.tenants.rights import Right
from ekyam.tenants.scope import tenant_scope
from flows.operations.poll import poll_soon
from flows.queries.set_up import uses_of
from flows.queries.words import sentence
from portal.web.access import SeatedRequest, form_page_outside
from portal.web.credentials import CredentialsForm


class _NotKept(Exception):
    """Why what is in use stays; `may_insist` where a person may decide otherwise."""

    def __init__(self, words: str, *, may_insist: bool = False) -> None:
        super().__init__(words)
        self.may_insist = may_insist


class _Overtaken(_NotKept):
    """By somebody else's, entered since this person has opened the form."""


@form_page_outside(Right.CONNECT)
def credentials(request: SeatedRequest, id: str) -> HttpResponse:
    """Those that are secret are never shown, and must be entered anew, after each answer too."""
    with tenant_scope(request.seat.tenant):
        row = Connection.get_public(id)
        form, uses = _form(request, row), uses_of(row)
        was = request.POST.get("was") or edition_of(row)
    may_insist = False
    if form.is_valid():
        try:
            trial = _try(row, form, uses, insists="insist" in request.POST)
            with tenant_scope(request.seat.tenant):
                row = lock(row)
                _keep(row, form, trial, was)
        except (OtherAccount, _NotKept) as why:
            form.add_error(None, str(why))
            may_insist = isinstance(why, _NotKept) and why.may_insist
            was = "" if isinstance(why, _Overtaken) else was
        else:
            _tell(request, row, trial)
            return redirect("connection", id=id)
    with tenant_scope(request.seat.tenant):
        row = Connection.get_public(id)
        return _page(request, row, form, was=was or edition_of(row), may_insist=may_insist)


def _form(request: SeatedRequest, row: Connection) -> CredentialsForm:
    method, missing = _method_of(row), missing_settings(row)
    if method.has_consent and not missing:
        raise Http404
    return CredentialsForm(
        request.POST or None,
        fields=() if method.has_consent else method.fields,
        known=open_credentials(row),
        missing=missing,
    )


def _method_of(row: Connection) -> Any:
    return row.spec.auth_method(row.auth)


def _try(
    row: Connection, form: CredentialsForm, uses: list[str] | None, *, insists: bool
) -> Trial | None:
    """None where a person has to agree at the vendor: before that there is nothing to try.

    Raises _NotKept; what the vendor refuses nobody can insist on.
    """
    method = _method_of(row)
    if method.has_consent:
        return None
    # A token of the old credentials must not outlive them.
    forgotten = {"access_token": ""} if method.needs_token else {}
    trial = try_access(row, {**forgotten, **form.credentials()}, form.settings(), uses=uses)
    vendor, stay = row.spec.label, gettext("The old ones stay in use.")
    if trial.refusal:
        words = gettext("{vendor} refuses what you entered: {said}")
        said = sentence(trial.refusal)
        raise _NotKept(f"{words.format(vendor=vendor, said=said)} {stay}")
    if not trial.failures or insists:
        return trial
    if trial.has_answer:
        words = gettext("{vendor} lets Ekyam in with these, but does not allow all: {said}")
    else:
        words = gettext("What you entered could not be tried at {vendor}: {said}")
    said = sentence(str(trial.failures[0]["message"]))
    again = gettext("To keep the new ones all the same, type what is secret once more.")
    raise _NotKept(f"{words.format(vendor=vendor, said=said)} {stay} {again}", may_insist=True)


def _keep(row: Connection, form: CredentialsForm, trial: Trial | None, was: str) -> None:
    """In place of those of the edition `was`. Raises _NotKept, OtherAccount."""
    known, entered = open_credentials(row), form.credentials()
    is_there = entered.items() <= known.items()  # by a first click
    if was != edition_of(row) and not is_there:
        raise _Overtaken(
            gettext(
                "Somebody has entered other credentials since you opened this form, and those are"
                " in use: yours were not kept. Enter yours once more to replace them."
            )
        )
    change_credentials(row, trial.credentials if trial else entered, form.settings())
    if trial and trial.has_answer:
        keep_report(row, trial.parts)
        if row.is_open:
            poll_soon(row)


def _tell(request: SeatedRequest, row: Connection, trial: Trial | None) -> None:
    if trial is None or not trial.has_answer:
        messages.success(request, gettext("What you entered is kept. «Check now» tries it."))
        return
    words = gettext("{vendor} lets Ekyam in with what you entered: it is in use from now on.")
    messages.success(request, words.format(vendor=row.spec.label))
    if failed := [part["label"] for part in trial.parts if not part["ok"]]:
        words = gettext("The check did not pass: {failed}.")
        messages.error(request, words.format(failed=", ".join(failed)))


def _page(
    request: SeatedRequest, row: Connection, form: CredentialsForm, *, was: str, may_insist: bool
) -> HttpResponse:
    method = _method_of(row)
    context = {
        "form": form,
        "label": row.label,
        "vendor": row.spec.label,
        "id": row.public_id,
        "method": method.label,
        "is_address": method.has_consent,
        "was": was,
        "may_insist": may_insist,
    }
    return render(request, "portal/credentials.html", context)
