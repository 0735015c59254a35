"""What people do with a delivery: first what will happen, then they do it, if it is still so."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext, gettext_lazy

from ekyam.tenants.rights import Right
from flows.models import Delivery
from flows.operations.hold import reject, release
from flows.operations.mend.one import retry_one
from flows.operations.replay import cancel_delivery
from flows.operations.seen import ChangedSince, lock_as_seen
from flows.queries.deeds import Deed, preview
from flows.states import IllegalMove
from portal.web.access import SeatedRequest, form_page
from portal.web.reasons import BadReason, read_reason

# Title, the button that does it, the one that does not.
TITLES: dict[Deed, tuple[Promise, Promise, Promise]] = {
    "replay": (
        gettext_lazy("Replay"),
        gettext_lazy("Replay it"),
        gettext_lazy("Leave it as it is"),
    ),
    "release": (gettext_lazy("Release"), gettext_lazy("Release it"), gettext_lazy("Leave it held")),
    "reject": (gettext_lazy("Reject"), gettext_lazy("Reject it"), gettext_lazy("Leave it held")),
    "cancel": (
        gettext_lazy("Cancel"),
        gettext_lazy("Cancel it"),
        gettext_lazy("Leave it as it is"),
    ),
}


OVERTAKEN = gettext_lazy("It is not sent: something newer of the same record has taken its place.")


@form_page(Right.OPERATE)
def replay(request: SeatedRequest, id: str) -> HttpResponse:
    return _decide(request, id, "replay")


@form_page(Right.OPERATE)
def cancel(request: SeatedRequest, id: str) -> HttpResponse:
    return _decide(request, id, "cancel")


@form_page(Right.OPERATE)
def release_held(request: SeatedRequest, id: str) -> HttpResponse:
    return _decide(request, id, "release")


@form_page(Right.OPERATE)
def reject_held(request: SeatedRequest, id: str) -> HttpResponse:
    return _decide(request, id, "reject")


def _decide(request: SeatedRequest, id: str, deed: Deed) -> HttpResponse:
    error = ""
    if request.method == "POST":
        try:
            row = lock_as_seen(id, request.POST.get("seen", ""))
            messages.success(request, _do(request, deed, row))
            return redirect(_back(request, id, deed))
        except ChangedSince as changed:
            again = gettext("Read what would happen now, and decide again.")
            messages.error(request, f"{changed} {again}")
            return redirect(f"{request.path}?{urlencode({'back': _back(request, id, deed)})}")
        except BadReason as wrong:
            error = str(wrong)
        except IllegalMove as refused:
            messages.error(request, str(refused))
            return redirect(_back(request, id, deed))
    context = {
        "preview": preview(id, deed, now=timezone.now()),
        "words": TITLES[deed],
        "back": _back(request, id, deed),
        "error": error,
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "portal/deed.html", context)


def _do(request: SeatedRequest, deed: Deed, row: Delivery) -> str:
    """What to say afterwards. Raises IllegalMove and BadReason."""
    if deed == "replay":
        is_newest = request.POST.get("version") == "newest"
        newer = retry_one(row, version="newest" if is_newest else "same")
        return gettext("It is sent again.") if newer is None else str(OVERTAKEN)
    if deed == "release":
        release(row)
        return gettext("It is released, and sent as it is.")
    if deed == "cancel":
        cancel_delivery(row, note=f"Called off by {request.seat.person}.")
        return gettext("It is called off.")
    reject(row, read_reason(request))
    return gettext("It is rejected: it is not sent.")


def _back(request: SeatedRequest, id: str, deed: Deed) -> str:
    """To the page that the button was on."""
    back = request.POST.get("back") or request.GET.get("back", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return back
    if deed in ("release", "reject"):
        return reverse("held")
    return reverse("delivery", kwargs={"id": id})
