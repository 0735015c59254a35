"""The reason that a person gives for what they do: it is kept."""

from django.utils.translation import gettext

from portal.web.access import SeatedRequest

LONGEST = 300


class BadReason(ValueError):
    """There is none, or it is too long; the message says which."""


def read_reason(request: SeatedRequest) -> str:
    """Raises BadReason."""
    reason = request.POST.get("reason", "").strip()
    if not reason:
        raise BadReason(gettext("Say why: it is kept, and shown with the record."))
    if len(reason) > LONGEST:
        raise BadReason(gettext("It is longer than {longest} characters.").format(longest=LONGEST))
    return reason
