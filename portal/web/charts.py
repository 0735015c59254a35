"""Small charts: the paths of an SVG, and the words that say the same."""

from collections.abc import Sequence
from dataclasses import dataclass

STEP, BAR = 5, 4  # from one bar to the next, and its width
UP, DOWN = 22, 10  # the room above the line and below it


@dataclass(frozen=True)
class Bars:
    """What went well stands above the line, what went wrong hangs below it."""

    width: int
    height: int
    line: int  # its distance from the top
    up: str
    down: str
    words: str


def draw_bars(up: Sequence[int], down: Sequence[int], *, words: str) -> Bars:
    """One bar for each number, the oldest first; both sides have the scale of their greatest."""
    return Bars(
        width=STEP * len(up),
        height=UP + DOWN + 1,
        line=UP,
        up=_path(up, UP, sign=-1, start=UP),
        down=_path(down, DOWN, sign=1, start=UP + 1),
        words=words,
    )


def _path(numbers: Sequence[int], room: int, *, sign: int, start: int) -> str:
    most = max(numbers, default=0)
    parts = []
    for place, number in enumerate(numbers):
        if number:
            # The least of something is still to be seen.
            height = sign * max(2, round(room * number / most))
            parts.append(f"M{place * STEP} {start}v{height}h{BAR}v{-height}z")
    return "".join(parts)
