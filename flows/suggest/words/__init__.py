"""What the names of fields mean, whichever system they come from."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path


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
    told = tomllib.loads(Path(__file__).with_name("general.toml").read_text())
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
