"""Hours as bars: the geometry of a small chart, drawn by the server."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from connectors.health import Hour

STEP, WIDE, HIGH = 20, 14, 72
LEAST = 3.0  # what is there at all can be seen


@dataclass(frozen=True)
class Bar:
    """One hour; the failed stand on the good."""

    x: int
    good: float
    good_y: float
    failed: float
    failed_y: float


@dataclass(frozen=True)
class Chart:
    hours: Sequence[Hour]
    bars: Sequence[Bar]
    wide: int
    high: int
    words: str  # instead of the picture

    @property
    def good(self) -> int:
        return sum(one.good for one in self.hours)

    @property
    def failed(self) -> int:
        return sum(one.failed for one in self.hours)

    @property
    def busy(self) -> list[Hour]:
        """The newest first."""
        return [one for one in reversed(self.hours) if one.good or one.failed or one.throttled]


def chart_of(hours: Sequence[Hour]) -> Chart:
    most = max((one.good + one.failed for one in hours), default=0) or 1
    bars = [_bar(at, one, most) for at, one in enumerate(hours)]
    good, failed = sum(one.good for one in hours), sum(one.failed for one in hours)
    words = gettext("{good:,} answered, {failed:,} failed in {hours} hours").format(
        good=good, failed=failed, hours=len(hours)
    )
    return Chart(hours, bars, STEP * len(hours), HIGH, words)


def _bar(at: int, one: Hour, most: int) -> Bar:
    good, failed = _height(one.good, most), _height(one.failed, most)
    room = HIGH - failed
    good = min(good, room)
    return Bar(
        x=at * STEP + (STEP - WIDE) // 2,
        good=round(good, 1),
        good_y=round(HIGH - good, 1),
        failed=round(failed, 1),
        failed_y=round(HIGH - good - failed, 1),
    )


def _height(count: int, most: int) -> float:
    return max(LEAST, HIGH * count / most) if count else 0.0
