"""What the names of fields mean: general.toml for all systems, <slug>.toml for one."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
_SLUG = re.compile(r"[a-z0-9_]{1,40}")


@dataclass(frozen=True)
class Words:
    """Phrases are in plain lower-case words; the keys of `names`, `contexts` and `looks` are ends
    of an attribute's path, with or without its resource in front."""

    abbreviations: dict[str, str]
    weights: dict[str, float]
    owners: dict[str, list[str]]
    contexts: dict[str, list[str]]
    names: dict[str, list[str]]
    looks: dict[str, list[str]]
    apart: frozenset[str]
    parts: frozenset[str]
    known: frozenset[str]
    currencies: frozenset[str]
    units: frozenset[str]


@cache
def general_words() -> Words:
    told = _read("general")
    phrases = [
        phrase
        for part in ("owners", "contexts", "names")
        for listed in told[part].values()
        for phrase in listed
    ]
    known = {word for phrase in phrases for word in phrase.split() if len(word) > 1}
    known |= set(told["abbreviations"]) | set(told["words"]["known"].split())
    return Words(
        abbreviations=told["abbreviations"],
        weights=told["weights"],
        owners=told["owners"],
        contexts=told["contexts"],
        names=told["names"],
        looks=told["looks"],
        apart=frozenset(told["apart"]["words"].split()),
        parts=frozenset(told["parts"]["words"].split()),
        known=frozenset(known),
        currencies=frozenset(told["values"]["currencies"].split()),
        units=frozenset(told["values"]["units"].split()),
    )


@cache
def words_of_system(slug: str) -> dict[str, str]:
    """The names that one system alone uses, in lower case, each in plain words; none is fine."""
    is_ours = _SLUG.fullmatch(slug) and slug != "general" and (_HERE / f"{slug}.toml").is_file()
    names: dict[str, str] = _read(slug)["names"] if is_ours else {}
    return names


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_HERE / f"{name}.toml").read_text())
