"""When full syncs are due: at midnight and noon of the tenant's own clock. Pure."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

HOURS = (0, 12)


def latest_slot(now: datetime, zone: ZoneInfo) -> datetime:
    """The last midnight or noon that was not after `now`, in UTC.

    A midnight that the clocks skip is the moment in which they do; of one that comes twice it is
    the first.
    """
    today = now.astimezone(zone).date()
    days = (today - timedelta(days=1), today)
    slots = (datetime.combine(day, time(hour), zone) for day in days for hour in HOURS)
    return max(slot for one in slots if (slot := one.astimezone(UTC)) <= now)
