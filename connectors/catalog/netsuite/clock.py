"""Times as NetSuite tells them: SuiteQL in the account's time zone and without one, REST in UTC."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.errors import MappingFailed

# A record changed this short a while ago may change again within the same second, unseen.
SETTLED = timedelta(seconds=10)
PATTERN = "%Y-%m-%dT%H:%M:%S"


def zone_of(settings: Mapping[str, Any]) -> ZoneInfo:
    name = str(settings.get("account_time_zone") or "UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise MappingFailed(f"«{name}» is not a time zone.", line="account_time_zone") from error


def lower_bound(since: datetime, now: datetime, settings: Mapping[str, Any]) -> str:
    """`since` as the account's wall clock shows it, and never later than that.

    In the night when clocks go back an hour is shown twice: then the earlier reading counts, so
    that what is read twice is recognised, and nothing is passed over.
    """
    zone = zone_of(settings)
    offsets = [moment.astimezone(zone).utcoffset() or timedelta() for moment in (since, now)]
    return (since.astimezone(UTC) + min(offsets)).strftime(PATTERN)


def as_utc(text: str, now: datetime, settings: Mapping[str, Any]) -> datetime:
    """A SuiteQL wall-clock text as UTC; of an hour shown twice, the later that can be."""
    shown = datetime.fromisoformat(text).replace(tzinfo=zone_of(settings))
    earlier, later = (shown.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return later if later <= now else earlier


def version_of(changed: datetime, now: datetime) -> str:
    """A text that grows with each change: the second of it, and a mark once that second is over.

    NetSuite's times end at the second. A record read within its second may hold only the first of
    two changes; the overlap of the polls reads it again, and the mark makes that a new version.
    """
    text = changed.astimezone(UTC).strftime(PATTERN) + "Z"
    return text + "+" if now - changed >= SETTLED else text


def day_in(moment: datetime, settings: Mapping[str, Any]) -> str:
    """The account's calendar day."""
    return moment.astimezone(zone_of(settings)).strftime("%Y-%m-%d")
