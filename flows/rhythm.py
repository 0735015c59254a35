"""How busy a flow usually is, and when its silence is news. Pure.

Hours are of UTC and told by their start. An hour that nobody counted is one without a record.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
WEEKS = 4
LEAST_WEEKS = 2  # of which an hour must be known before anything is said of it
LEAST_EXPECTED = 5.0  # records in the silent hours of a usual week, before silence is news


@dataclass(frozen=True)
class Silence:
    """Nothing came in so many whole hours in which so many records usually come."""

    hours: int
    expected: float


def start_of_hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def weighted_median(pairs: Iterable[tuple[float, int]]) -> float | None:
    """Of (value, weight): the least value that at least half of the weight is not above."""
    ordered = sorted((value, weight) for value, weight in pairs if weight > 0)
    half, passed = sum(weight for _, weight in ordered) / 2, 0
    for value, weight in ordered:
        passed += weight
        if passed >= half:
            return value
    return None


def find_silence(
    now: datetime, made: Mapping[datetime, int], *, hours: int, known_since: datetime
) -> Silence | None:
    """Nothing in the last `hours` whole hours, nor since, although each week brought something then
    and the usual week at least LEAST_EXPECTED; None: all is well, or nobody can know yet."""
    this = start_of_hour(now)
    if made.get(this, 0) or hours < 1:
        return None
    window = [this - HOUR * back for back in range(1, hours + 1)]
    if any(made.get(hour, 0) for hour in window):
        return None
    weeks = [
        sum(made.get(hour - WEEK * week, 0) for hour in window)
        for week in range(1, WEEKS + 1)
        if window[-1] - WEEK * week >= known_since
    ]
    if len(weeks) < LEAST_WEEKS or not all(weeks) or median(weeks) < LEAST_EXPECTED:
        return None
    return Silence(hours, float(median(weeks)))


def hours_to_ask(now: datetime, hours: int) -> list[datetime]:
    """The hours that `find_silence` looks at."""
    this = start_of_hour(now)
    window = [this - HOUR * back for back in range(hours + 1)]
    return [hour - WEEK * week for hour in window for week in range(WEEKS + 1)]
