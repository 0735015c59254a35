"""Durations in words, as answers and pages say them."""

STEPS = ((60, 1, "s"), (3600, 60, "min"), (86400, 3600, "h"), (float("inf"), 86400, "d"))


def span(seconds: float) -> str:
    """«420 ms», «1.3 s», «12 min»."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    size, unit = next((size, unit) for limit, size, unit in STEPS if seconds < limit)
    return f"{int(seconds // size)} {unit}"
