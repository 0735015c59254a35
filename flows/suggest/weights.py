"""How much each feature counts: fitted by `bin/bench suggest --fit`, kept in weights.json."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from math import exp
from pathlib import Path

PLACE = Path(__file__).parent / "weights.json"
Weights = Mapping[str, float]


@dataclass(frozen=True)
class Fitted:
    """Three logistic regressions: a pair by itself, a pair among all pairs, and how sure to be."""

    alone: Weights
    among: Weights
    confidence: Weights


def log_odds(weights: Weights, features: Mapping[str, float]) -> float:
    return weights["bias"] + sum(weights[name] * value for name, value in features.items())


def probability(odds: float) -> float:
    """Of log odds; what is beyond 30 is as good as certain, and would only overflow."""
    return 1 / (1 + exp(-max(-30.0, min(30.0, odds))))


@cache
def fitted() -> Fitted:
    told = json.loads(PLACE.read_text())
    return Fitted(told["alone"], told["among"], told["confidence"])


def written(weights: Fitted, about: str) -> str:
    rounded = {
        part: {name: round(value, 4) for name, value in named.items()}
        for part, named in asdict(weights).items()
    }
    return json.dumps({"about": about, **rounded}, indent=2) + "\n"
