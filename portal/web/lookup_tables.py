"""Lookup tables: what a company says that things are called, and the values without a row."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext

from ekyam.audit.record import record
from ekyam.tenants.rights import Right
from flows.models import LookupRow
from flows.operations.lookups import RowRefused, import_rows, plan_import
from flows.operations.lookups import remove_row as take_away
from flows.operations.lookups import set_row as put_row
from flows.queries.lookups import Table, export_rows, list_missing, list_rows, list_tables
from portal.web.access import SeatedRequest, act, form_page, page
from portal.web.sheets import NotText, attachment, read_sheet_text
from portal.web.undo import say_with_undo

MOST_MISSING = 50  # each with a form of its own; of more a sheet is easier


@page
def lookup_tables(request: SeatedRequest) -> HttpResponse:
    tables = list_tables()
    context = {
        "tables": tables,
        "missing": list_missing(most=MOST_MISSING),
        "values": sum(one.values for one in tables),
        "waiting": sum(one.missing for one in tables),
    }
    return render(request, "portal/lookup_tables.html", context)


@page
def lookup_table(request: SeatedRequest) -> HttpResponse:
    known = _known(request)
    return _show(request, known.name, known=known)


def _show(
    request: SeatedRequest,
    table: str,
    *,
    known: Table | None = None,
    **more: Any,
) -> HttpResponse:
    known = known or next((one for one in list_tables() if one.name == table), None)
    query = request.GET.get("q", "").strip()[:200]
    kept = {"table": table, **({"q": query} if query else {})}
    context = {
        "table": table,
        "q": query,
        "page": list_rows(table, search=query, after=request.GET.get("after", "")),
        "kept": urlencode(kept),
        "address": reverse("lookup_table"),
        "missing": list_missing(table=table, most=MOST_MISSING),
        "values": known.values if known else 0,
        "flows": known.flows if known else [],
        **more,
    }
    return render(request, "portal/lookup_table.html", context)


@act(Right.CONFIGURE)
def set_row(request: SeatedRequest) -> HttpResponse:
    """Add a row, or give it another value; what waited for it goes on.

    With `was`, as «Undo» has it, only while it is as whoever presses it left it; empty is no row.
    With `seen`, what the page has shown of it: what is another by now is shown first.
    """
    table, key, value = (request.POST.get(name, "") for name in ("table", "key", "value"))
    before = LookupRow.objects.filter(table=table, key=key.strip()).first()
    was = request.POST.get("was")
    if was is not None and was != (before.value if before else ""):
        messages.error(
            request,
            gettext("«{key}» was changed again meanwhile: nothing was taken back.").format(key=key),
        )
        return redirect(_at(table))
    now, seen = before.value if before else "", request.POST.get("seen")
    if seen is not None and now not in (seen, value.strip()):
        words = gettext("«{key}» is «{now}» by now. Press Add to give it your value all the same.")
        error = words.format(key=key, now=now) if now else _gone(key)
        given = {"key": key, "value": value, "seen": now, "error": error}
        return _show(request, table[:60], given=given)
    try:
        woken = put_row(table, key.strip(), value.strip())
    except RowRefused as refused:
        given = {"key": key, "value": value, "error": refused.message}
        return _show(request, table[:60], given=given)
    said = gettext("«{key}» is «{value}».").format(key=key.strip(), value=value.strip())
    if before is None or before.value == value.strip():
        messages.success(request, f"{said}{_healed(woken)}")
    else:
        _say_with_undo(request, said, before, was=value.strip())
    if request.POST.get("back") == "tables":
        return redirect("lookup_tables")
    return redirect(_at(table))


def _gone(key: str) -> str:
    words = gettext("«{key}» was removed meanwhile. Press Add to have it again, with your value.")
    return words.format(key=key)


@act(Right.CONFIGURE)
def remove_row(request: SeatedRequest, id: str) -> HttpResponse:
    row = LookupRow.get_public(id)
    try:
        take_away(row.table, row.key)
        said = gettext("The row «{key}» is gone: what asks for it from now on waits.")
        _say_with_undo(request, said.format(key=row.key), row, was="")
    except RowRefused as refused:
        messages.error(request, refused.message)
    return redirect(_at(row.table))


def _say_with_undo(request: SeatedRequest, said: str, before: LookupRow, *, was: str) -> None:
    row = {"table": before.table, "key": before.key, "value": before.value, "was": was}
    say_with_undo(request, said, undo=reverse("set_row"), **row)


@form_page(Right.CONFIGURE)
def import_table(request: SeatedRequest) -> HttpResponse:
    """First what would change; then it is done."""
    table = (request.POST.get("table") or request.GET.get("table", "")).strip()
    context: dict[str, Any] = {"table": table}
    if request.method == "POST":
        try:
            context["text"] = read_sheet_text(request)
            if request.POST.get("do") == "apply":
                plan, woken = import_rows(table, context["text"])
                messages.success(request, _imported(len(plan.added), len(plan.changed), woken))
                return redirect(_at(table))
            context["plan"] = plan_import(table, context["text"])
        except (RowRefused, NotText) as refused:
            context["error"] = str(refused)
    return render(request, "portal/import_table.html", context)


def _imported(added: int, changed: int, woken: int) -> str:
    said = gettext("{added} added, {changed} changed.").format(added=added, changed=changed)
    return f"{said}{_healed(woken)}"


def _healed(woken: int) -> str:
    if not woken:
        return ""
    said = ngettext(
        "{woken} that waited goes on now.", "{woken} that waited go on now.", woken
    ).format(woken=woken)
    return f" {said}"


@page
def table_csv(request: SeatedRequest) -> HttpResponse:
    table = _known(request).name
    record("table.exported", label=f"{table}.csv")
    return attachment(f"{table}.csv", export_rows(table), "text/csv")


def _known(request: SeatedRequest) -> Table:
    """The table of the address: with rows, or asked for. Raises LookupRow.DoesNotExist."""
    name = request.GET.get("table", "")
    for one in list_tables():
        if one.name == name:
            return one
    raise LookupRow.DoesNotExist(
        gettext("There is no lookup table «{name}».").format(name=name[:60])
    )


def _at(table: str) -> str:
    """Its page, while there is one."""
    if all(one.name != table for one in list_tables()):
        return reverse("lookup_tables")
    return f"{reverse('lookup_table')}?{urlencode({'table': table})}"
