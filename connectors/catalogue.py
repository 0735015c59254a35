"""The connectors that one can choose from, in the words of whoever chooses."""

from dataclasses import dataclass

from connectors.registry import all_connectors
from connectors.simulated import has_simulator
from connectors.spec import Connector


@dataclass(frozen=True)
class Entry:
    """`reads` and `writes` are labels of streams and actions."""

    slug: str
    label: str
    category: str
    about: str
    reads: list[str]
    writes: list[str]
    has_simulator: bool


def list_categories() -> list[str]:
    return sorted({one.category for one in all_connectors().values()}, key=str.lower)


def list_catalogue(query: str = "", category: str = "") -> list[Entry]:
    """Those in which every word of the query is found, by label."""
    words = query.lower().split()
    found = [
        one
        for one in all_connectors().values()
        if (not category or one.category == category) and all(word in _text(one) for word in words)
    ]
    return [_entry(one) for one in sorted(found, key=lambda one: one.label.lower())]


def _text(one: Connector) -> str:
    labels = [*(stream.label for stream in one.streams), *(action.label for action in one.actions)]
    return " ".join((one.label, one.category, one.about, *labels)).lower()


def _entry(one: Connector) -> Entry:
    return Entry(
        slug=one.slug,
        label=one.label,
        category=one.category,
        about=one.about,
        reads=[stream.label for stream in one.streams],
        writes=[action.label for action in one.actions],
        has_simulator=has_simulator(one.slug),
    )
