"""The second step: the form of what a connector declares, the check part by part, the consent."""

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from connectors import set_ups as operations
from connectors.checks import check_connection, keep_report
from connectors.credentials import open_credentials
from connectors.errors import Failure
from connectors.models import Connection
from connectors.oauth import return_address, waits_for_consent
from connectors.set_ups import Ended, Taken
from connectors.simulated import has_simulator, open_account
from ekyam.tenants.rights import Right
from ekyam.tenants.scope import tenant_scope
from flows.queries.set_up import Progress, every_use, get_progress, is_proven, uses_of
from portal.web.access import SeatedRequest, act_outside, form_page_outside
from portal.web.set_up_form import AccessForm
from portal.web.set_up_steps import has_ended, show


@dataclass(frozen=True)
class PermissionRow:
    """`state` is permission_needed, permission_unneeded or permission_optional, or that of the
    last check; `uses` are the labels of what needs it."""

    name: str
    why: str
    state: str
    uses: list[str]
    is_needed: bool


@form_page_outside(Right.CONNECT)
def connect(request: SeatedRequest, id: str) -> HttpResponse:
    with tenant_scope(request.seat.tenant):
        progress = get_progress(id)
        form = _form(request, progress)
        if "to" in request.POST:  # another way to log in: nothing is kept yet
            return _page(request, progress, form)
        if request.method == "POST" and form.is_valid():
            answer = _keep(request, progress, form)
            if answer is not None:
                return answer
        elif request.method == "GET":
            return _page(request, progress, form)
        if form.errors:
            return _page(request, progress, form)
        connection = operations.lock(id).connection
    assert connection is not None
    if waits_for_consent(connection):
        words = gettext("Kept. Now somebody has to agree at {label}.").format(
            label=progress.connector.label
        )
        messages.success(request, words)
    else:
        _check(request, connection)
    return redirect("set_up_connect", id=id)


def _form(request: SeatedRequest, progress: Progress) -> AccessForm:
    """Of the way to log in that the address or the form names, else of the one in use."""
    connector, connection = progress.connector, progress.connection
    goes_on = request.method == "POST" and "to" not in request.POST
    asked = request.POST.get("to") or request.POST.get("way") or request.GET.get("way") or ""
    ways = {one.name: one for one in connector.auth}
    in_use = connection.auth if connection else connector.auth[0].name
    way = ways.get(asked) or ways[in_use]
    known = open_credentials(connection) if connection and connection.auth == way.name else {}
    return AccessForm(
        request.POST if goes_on else None,
        connector=connector,
        way=way,
        label=connection.label if connection else connector.label,
        settings=connection.settings if connection else {},
        credentials=known,
        typed=request.POST.dict(),
    )


def _keep(request: SeatedRequest, progress: Progress, form: AccessForm) -> HttpResponse | None:
    """None when it is kept, or when the form now says why not."""
    try:
        row = operations.lock(progress.id)
    except Ended as ended:
        return has_ended(request, ended)
    environment = row.connection.environment if row.connection else "live"
    given = form.access(environment)
    account = progress.connector.account(dict(given.settings))
    if row.connection and row.connection.account != account and progress.steps[4].is_done:
        words = gettext(
            "Flows go by the account that is connected. Begin another set-up for another one."
        )
        form.add_error(None, words)
        return None
    try:
        operations.keep_access(row, given)
    except Taken as taken:
        form.add_error(
            None,
            gettext(
                "This account is connected already, as «{label}»: change its credentials on "
                "its own page, or enter another account."
            ).format(label=taken.connection.label),
        )
    return None


def _page(request: SeatedRequest, progress: Progress, form: AccessForm) -> HttpResponse:
    connection, connector = progress.connection, progress.connector
    uses = (uses_of(connection) if connection else None) or list(progress.uses)
    return show(
        request,
        progress,
        "connect",
        form=form,
        ways=connector.auth,
        permissions=_permissions(progress, uses),
        every_use=_choices(progress, uses),
        is_sandbox=connection is not None and connection.environment == "sandbox",
        has_simulator=connection is None and has_simulator(connector.slug),
        is_proven=is_proven(progress.parts),
        consent=connection is not None and waits_for_consent(connection),
        may_consent=connection is not None and _way_of(connection).has_consent,
        return_address=return_address() if form.method.has_consent else "",
    )


def _way_of(connection: Connection) -> Any:
    return connection.spec.auth_method(connection.auth)


def _permissions(progress: Progress, uses: list[str]) -> list[PermissionRow]:
    """What is needed first."""
    asked = {part.name: part.state for part in progress.parts}
    labels = every_use(progress.connector)
    found = []
    for one in progress.connector.permissions:
        needed = one.is_needed(uses) and not one.optional
        state = "permission_needed" if needed else "permission_unneeded"
        if one.optional:
            state = "permission_optional"
        elif needed and asked.get(one.check) in ("ok", "not_ok"):
            state = asked[one.check]
        mine = [labels[use] for use in one.uses if use in labels and use in uses]
        found.append(PermissionRow(one.name, one.why, state, mine, needed))
    return sorted(found, key=lambda row: not row.is_needed)


def _choices(progress: Progress, uses: list[str]) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """«Read» and «Write», each use with its label and whether it is chosen."""
    known = every_use(progress.connector)
    sides = ((gettext("Read"), "stream:"), (gettext("Write"), "action:"))
    return [
        (side, [(use, label, use in uses) for use, label in known.items() if use.startswith(kind)])
        for side, kind in sides
    ]


@act_outside(Right.CONNECT)
def check(request: SeatedRequest, id: str) -> HttpResponse:
    with tenant_scope(request.seat.tenant):
        connection = get_progress(id).connection
    if connection is None:
        messages.error(request, gettext("There is nothing to check yet: fill in the form first."))
    elif waits_for_consent(connection):
        messages.error(
            request,
            gettext("First somebody has to agree at {label}.").format(label=connection.spec.label),
        )
    else:
        _check(request, connection)
    return redirect("set_up_connect", id=id)


def _check(request: SeatedRequest, connection: Connection) -> None:
    """The check sends requests, so no transaction is open meanwhile."""
    with tenant_scope(request.seat.tenant):
        uses = uses_of(connection)
    parts = check_connection(connection, uses=uses, with_webhooks=True)
    with tenant_scope(request.seat.tenant):
        keep_report(connection, parts)
    failed = [part["label"] for part in parts if not part["ok"]]
    if failed:
        messages.error(
            request,
            gettext("Not everything passed: {failed}. See below what to do.").format(
                failed=", ".join(failed)
            ),
        )
    else:
        messages.success(
            request,
            gettext("{label} is connected, and every part passed.").format(label=connection.label),
        )


@act_outside(Right.CONNECT)
def sandbox(request: SeatedRequest, id: str) -> HttpResponse:
    """One click: an account of the simulators, connected and checked."""
    return connect_simulator(request, id)


def connect_simulator(request: SeatedRequest, id: str) -> HttpResponse:
    with tenant_scope(request.seat.tenant):
        progress = get_progress(id)
        account = operations.free_account(progress.connector.slug, request.seat.tenant.slug)
    if progress.connection is not None:  # a second click
        return redirect("set_up_connect", id=id)
    if not has_simulator(progress.connector.slug):
        messages.error(request, gettext("There are no simulators here. Enter a real account."))
        return redirect("set_up_connect", id=id)
    try:
        given = open_account(progress.connector.slug, account)
    except Failure as failure:
        messages.error(
            request,
            gettext("{message} Nothing was connected; try again in a while.").format(
                message=failure.message
            ),
        )
        return redirect("set_up_connect", id=id)
    try:
        with tenant_scope(request.seat.tenant):
            row = operations.lock(id)
            if row.connection_id is not None:
                return redirect("set_up_connect", id=id)
            label = operations.free_label(given.label, account)
            connection = operations.keep_access(row, replace(given, label=label))
    except Ended as ended:
        return has_ended(request, ended)
    except Taken:
        messages.error(
            request, gettext("Another one of this name was made at the same moment; try again.")
        )
        return redirect("set_up_connect", id=id)
    _check(request, connection)
    return redirect("set_up_connect", id=id)
