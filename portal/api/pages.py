"""The API for people to read and to try, at the address that the problems name."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.api.problems import CODES


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """For everybody: it says nothing of any company."""
    return render(request, "api/reference.html", {"codes": CODES.items()})
