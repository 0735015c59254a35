"""The order statuses of Whiplash by what they mean for us; the ids are the vendor's."""

CANCELLED = 40
CLOSED = frozenset({40, 45, 380})  # cancelled, closed by originator, replacement cancelled
PAUSED = 90
INSUFFICIENT = 95
SHIPPED = (300, 325, 350, 400)  # shipped, picked up, delivered, came back undeliverable
_LEFT = frozenset({30, 300, 325, 350, 375, 400, 410, 430, 450})


def is_closed(status: int) -> bool:
    return status in CLOSED


def has_left(status: int) -> bool:
    """The goods are out of the house: nothing can be held back any more."""
    return status in _LEFT
