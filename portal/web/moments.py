"""The moment at which a page was made, as its form brings it back."""

from datetime import datetime

from django.utils import timezone


def moment_of(text: str) -> datetime:
    """Now, if the text is no moment, or one that is still to come."""
    now = timezone.now()
    try:
        found = datetime.fromisoformat(text[:40])
    except ValueError:
        return now
    return now if found.tzinfo is None else min(found, now)
