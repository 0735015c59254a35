"""The inbox page of development: what would have been texted and mailed."""

from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ekyam.people.inbox import list_messages


@never_cache
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    if settings.HARDENED:
        raise Http404
    rows = [(one, datetime.fromisoformat(one.at)) for one in list_messages()]
    return render(request, "people/inbox.html", {"rows": rows})
