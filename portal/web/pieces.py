"""Every component on one page, for those who build Ekyam: a change is seen everywhere."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from connectors.health import Hour
from flows.queries.day import DayRow
from flows.queries.deliveries import diff
from flows.queries.exchanges import pretty
from flows.queries.pages import Page
from portal.web.hour_bars import chart_of
from portal.web.words import TONES


class Example(forms.Form):
    label = forms.CharField(help_text="What people call it.")
    note = forms.CharField(required=False)


@login_required
def components(request: HttpRequest) -> HttpResponse:
    if not request.user.is_staff:
        raise PermissionDenied
    before, after = {"city": "Pune", "lines": 2}, {"city": "Pune", "lines": 3}
    context = {
        "states": TONES,
        "times": [timezone.now() - timedelta(seconds=s) for s in (2, 90, 7200, 200_000)],
        "code": pretty(after),
        "diff": diff(before, after),
        "day": DayRow(
            *("flw_0", "Orders", "Shop", "ERP", "on", ""),
            done=[3, 5, 9, 14, 22, 18, 11, 7] * 3,
            dead=[0, 0, 2, 0, 0, 5, 0, 0] * 3,
            unchanged=4,
            median_ms=900.0,
        ),
        "form": Example({"label": ""}),
        "columns": [{"label": "System"}, {"label": "Orders", "is_number": True}],
        "cells": [_cells("Shop", 120), _cells("Warehouse", 118)],
        "hours": chart_of([Hour(timezone.now(), at * 9, max(0, at - 15)) for at in range(24)]),
        "pages": Page([], next="rec_0", is_later=True),
    }
    return render(request, "portal/components.html", context)


def _cells(*values: str | int) -> list[dict[str, Any]]:
    return [{"text": value, "is_number": isinstance(value, int)} for value in values]
