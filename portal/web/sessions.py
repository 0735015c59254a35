"""Where I am signed in: for the person alone, whatever company they act in."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_POST

from ekyam.addresses import address_of
from ekyam.sessions import operations
from ekyam.sessions.models import Session
from ekyam.sessions.queries import list_sessions
from portal.web.access import SeatedRequest


@login_required
@require_GET
def sessions(request: SeatedRequest) -> HttpResponse:
    found = list_sessions(request.user, here=_here(request))
    return render(request, "portal/sessions.html", {"sessions": found})


@login_required
@require_POST
def end_session(request: SeatedRequest) -> HttpResponse:
    """One by its id, or all others. This one ends by signing out."""
    session, user, address = request.POST.get("session", ""), request.user, address_of(request)
    if session == "others":
        ended = operations.end_other_sessions(user, here=_here(request), address=address)
        said = ngettext("{ended} other session ended.", "{ended} other sessions ended.", ended)
        messages.success(request, said.format(ended=ended))
        return redirect("sessions")
    if session == _here(request):
        return redirect("account_logout")
    try:
        browser = operations.end_own_session(user, session, address=address)
    except Session.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, gettext("{browser} is signed out.").format(browser=browser))
    return redirect("sessions")


def _here(request: SeatedRequest) -> str:
    return str(request.session.public_id)  # type: ignore[attr-defined]
