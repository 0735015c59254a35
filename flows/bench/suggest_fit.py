"""Fit the weights of the suggestions: three logistic regressions, each on what it did not see.

A pair of systems is judged by weights fitted on the others, so that the confidence is fitted on
suggestions as they are for a system that is new.
"""

from collections.abc import Mapping, Sequence

from flows.suggest.attributes import Attribute
from flows.suggest.features import Features, Pair
from flows.suggest.propose import LATE, LEAST, MOST, among_all, pairs_of, rate
from flows.suggest.sources import Source
from flows.suggest.weights import Fitted, Weights, probability

Right = Mapping[str, Sequence[str]]
Case = tuple[Sequence[Attribute], Sequence[Source], Right]
Row = tuple[dict[str, float], bool]


HARDEST = 12  # wrong sources of one attribute to learn from: those that look best
ROUNDS = 25
RIDGE = 1.0  # how strongly weights are held at 0
RIDGE_OF_BIAS = 1e-6


def fit_weights(cases: Sequence[Case]) -> tuple[Fitted, list[Fitted]]:
    """Those fitted on all, and for each case those that have not seen it."""
    studied = [
        (pairs_of(attributes, sources, {}, {}), right) for attributes, sources, right in cases
    ]
    alone, among = _fit_pairs(studied)
    unseen = [_fit_pairs(studied[:at] + studied[at + 1 :]) for at in range(len(studied))]
    told = [
        row for fold, one in zip(unseen, studied, strict=True) for row in _placed_rows(*fold, *one)
    ]
    confidence = fit_logistic(told)
    return Fitted(alone, among, confidence), [Fitted(*fold, confidence) for fold in unseen]


Studied = tuple[list[Pair], Right]


def _fit_pairs(studied: Sequence[Studied]) -> tuple[Weights, Weights]:
    names = [name for name in Features._fields if name not in LATE]
    alone = fit_logistic([row for one in studied for row in _rows(*one, names)])
    told = [(among_all(pairs, alone), right) for pairs, right in studied]
    among = fit_logistic([row for one in told for row in _rows(*one, list(Features._fields))])
    return alone, among


def _rows(pairs: list[Pair], right: Right, names: list[str]) -> list[Row]:
    """Every right pair, and of the wrong ones of each attribute the hardest."""
    wrong: dict[str, list[Pair]] = {}
    rows = []
    for pair in pairs:
        if pair.source.path in right.get(pair.attribute.path, ()):
            rows.append((_named(pair, names), True))
        else:
            wrong.setdefault(pair.attribute.path, []).append(pair)
    for listed in wrong.values():
        listed.sort(key=lambda pair: -(pair.features.said + pair.features.fuzzy))
        rows += [(_named(pair, names), False) for pair in listed[:HARDEST]]
    return rows


def _named(pair: Pair, names: list[str]) -> dict[str, float]:
    return {name: getattr(pair.features, name) for name in names}


def _placed_rows(alone: Weights, among: Weights, pairs: list[Pair], right: Right) -> list[Row]:
    rated = rate(among_all(pairs, alone), among, {})
    return [
        (one.for_confidence(), one.pair.source.path in right.get(path, ()))
        for path, listed in rated.items()
        for one in listed[:MOST]
        if probability(one.odds) >= LEAST / 5
    ]


def fit_logistic(rows: Sequence[Row]) -> dict[str, float]:
    """Weights by name, with `bias`, by Newton's method with a ridge."""
    names = [*rows[0][0], "bias"]
    told = [([features[name] for name in names[:-1]] + [1.0], right) for features, right in rows]
    weights = [0.0] * len(names)
    for _ in range(ROUNDS):
        slope, curve = _slope_and_curve(told, weights)
        step = _solve(curve, slope)
        weights = [weight + by for weight, by in zip(weights, step, strict=True)]
        if max(map(abs, step)) < 1e-6:
            break
    return dict(zip(names, weights, strict=True))


def _slope_and_curve(
    told: Sequence[tuple[list[float], bool]], weights: list[float]
) -> tuple[list[float], list[list[float]]]:
    size = len(weights)
    ridge = [RIDGE] * (size - 1) + [RIDGE_OF_BIAS]
    slope = [-by * weight for by, weight in zip(ridge, weights, strict=True)]
    curve = [[ridge[row] if row == at else 0.0 for at in range(size)] for row in range(size)]
    for features, right in told:
        share = probability(sum(w * x for w, x in zip(weights, features, strict=True)))
        off, spread = float(right) - share, share * (1 - share)
        for row, value in enumerate(features):
            if value:
                slope[row] += off * value
                by = spread * value
                line = curve[row]
                for at, other in enumerate(features):
                    line[at] += by * other
    return slope, curve


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """x of matrix x = right, by elimination; the ridge keeps the matrix solvable."""
    size = len(right)
    rows = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    for at in range(size):
        best = max(range(at, size), key=lambda row: abs(rows[row][at]))
        rows[at], rows[best] = rows[best], rows[at]
        for row in range(at + 1, size):
            by = rows[row][at] / rows[at][at]
            rows[row] = [x - by * y for x, y in zip(rows[row], rows[at], strict=True)]
    found = [0.0] * size
    for at in reversed(range(size)):
        known = sum(rows[at][other] * found[other] for other in range(at + 1, size))
        found[at] = (rows[at][size] - known) / rows[at][at]
    return found
