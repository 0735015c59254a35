"""Suggestions against gold: how many are right, and whether they are as sure as they may be.

python -m flows.bench.suggest           the pairs held out from tuning, and those tuned on
python -m flows.bench.suggest --tuned   only those tuned on
python -m flows.bench.suggest --fit     fit flows/suggest/weights.json on the pairs tuned on
"""

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.registry import all_connectors
from connectors.standard import resources
from flows.bench.suggest_fit import fit_weights
from flows.suggest import (
    Attribute,
    Knowledge,
    Source,
    Suggestion,
    attributes_of,
    sources_of,
    suggest,
)
from flows.suggest.weights import PLACE, Fitted, written

GOLD = Path(__file__).parents[2] / "tests" / "suggest" / "gold"
SURE = 0.5
BINS = 10


@dataclass(frozen=True)
class Gold:
    """One stream of one system, and what a person would draw: attribute -> right sources."""

    name: str
    connector: str
    stream: str
    is_held_out: bool
    attributes: tuple[Attribute, ...]
    sources: tuple[Source, ...]
    right: dict[str, list[str]]


@dataclass(frozen=True)
class Score:
    """Counts over attributes; `told` is (confidence, was right) of each first suggestion."""

    name: str
    wanted: int
    sure: int
    sure_right: int
    in_three: int
    told: tuple[tuple[float, bool], ...]
    seconds: float

    @property
    def precision(self) -> float:
        return self.sure_right / self.sure if self.sure else 0.0

    @property
    def recall(self) -> float:
        return self.sure_right / self.wanted if self.wanted else 0.0

    @property
    def top3(self) -> float:
        return self.in_three / self.wanted if self.wanted else 0.0

    @property
    def calibration_error(self) -> float:
        """Mean distance of confidence and share of right ones, over ten bins by their size."""
        off = 0.0
        for at in range(BINS):
            inside = [one for one in self.told if min(BINS - 1, int(one[0] * BINS)) == at]
            off += abs(sum(sure for sure, _ in inside) - sum(right for _, right in inside))
        return off / len(self.told) if self.told else 0.0


def read_gold() -> list[Gold]:
    return [_gold(path.stem, json.loads(path.read_text())) for path in sorted(GOLD.glob("*.json"))]


def _gold(name: str, told: dict[str, Any]) -> Gold:
    return Gold(
        name=name,
        connector=told["connector"],
        stream=told["stream"],
        is_held_out=told["held_out"],
        attributes=attributes_of(resources()[told["resource"]]),
        sources=sources_of(told["samples"]),
        right=told["gold"],
    )


def measure(gold: Gold, weights: Fitted | None = None, *, with_words: bool = True) -> Score:
    """Suggest for one pair as for a system nothing was chosen for before.

    `with_words` uses what the connector says of its own names, where there is one.
    """
    began = time.perf_counter()
    found = suggest(
        gold.attributes,
        gold.sources,
        Knowledge(),
        synonyms=_synonyms(gold.connector) if with_words else {},
        weights=weights,
    )
    return score(gold, found, time.perf_counter() - began)


def _synonyms(slug: str) -> Mapping[str, str]:
    found = all_connectors().get(slug)
    return found.synonyms if found else {}


def score(gold: Gold, found: dict[str, tuple[Suggestion, ...]], seconds: float) -> Score:
    firsts = [(path, listed[0]) for path, listed in found.items() if listed]
    told = tuple((one.confidence, one.source in gold.right.get(path, ())) for path, one in firsts)
    sure = [right for confidence, right in told if confidence >= SURE]
    in_three = sum(
        any(one.source in right for one in found.get(path, ()))
        for path, right in gold.right.items()
    )
    return Score(gold.name, len(gold.right), len(sure), sum(sure), in_three, told, seconds)


def together(name: str, scores: list[Score]) -> Score:
    return Score(
        name,
        sum(one.wanted for one in scores),
        sum(one.sure for one in scores),
        sum(one.sure_right for one in scores),
        sum(one.in_three for one in scores),
        tuple(told for one in scores for told in one.told),
        sum(one.seconds for one in scores),
    )


def line_of(score: Score) -> str:
    return (
        f"{score.name:<22} precision {score.precision:6.1%} ({score.sure_right}/{score.sure})"
        f"  recall {score.recall:6.1%}  top-3 {score.top3:6.1%} of {score.wanted}"
        f"  calibration error {score.calibration_error:.3f}  {score.seconds * 1000:.0f} ms"
    )


def _report(title: str, golds: list[Gold], *, with_words: bool = True) -> None:
    scores = [measure(gold, with_words=with_words) for gold in golds]
    for one in [*scores, together(title, scores)]:
        sys.stdout.write(f"{line_of(one)}\n")


def _fit(tuned: list[Gold]) -> None:
    """Write the weights; show how well each pair does by weights that have not seen it."""
    weights, unseen = fit_weights([(gold.attributes, gold.sources, gold.right) for gold in tuned])
    names = ", ".join(gold.name for gold in tuned)
    PLACE.write_text(written(weights, f"Made by bin/bench suggest --fit, on {names}."))
    scores = [
        measure(gold, fold, with_words=False) for gold, fold in zip(tuned, unseen, strict=True)
    ]
    for one in [*scores, together("EACH BY THE OTHERS", scores)]:
        sys.stdout.write(f"{line_of(one)}\n")


def main() -> None:
    parser = ArgumentParser(prog="bench suggest", description="Measure the suggestions.")
    parser.add_argument("--fit", action="store_true", help="fit the weights anew")
    parser.add_argument("--tuned", action="store_true", help="only the pairs tuned on")
    options = parser.parse_args()
    tuned = [gold for gold in read_gold() if not gold.is_held_out]
    if options.fit:
        _fit(tuned)
        return
    _report("TUNED ON", tuned)
    _report("TUNED ON, NO OWN WORDS", tuned, with_words=False)
    if not options.tuned:
        _report("HELD OUT", [gold for gold in read_gold() if gold.is_held_out])


if __name__ == "__main__":
    main()
