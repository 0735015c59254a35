"""Up to three sources for each attribute, each with how sure it is and what speaks for it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import log, prod
from types import MappingProxyType

from connectors.steps import Step
from flows.suggest.assignment import assign
from flows.suggest.attributes import Attribute
from flows.suggest.conversions import steps_for
from flows.suggest.features import Features, Pair, pair_up
from flows.suggest.knowledge import Knowledge, Tally
from flows.suggest.names import names_of, read_names
from flows.suggest.reasons import Evidence, reasons_for
from flows.suggest.sources import MOST_FIELDS, Source
from flows.suggest.weights import Fitted, Weights, fitted, log_odds, probability

MOST = 3
LEAST = 0.05  # what is less sure than this is not worth a look
RIVALS = 6  # of one attribute, that take part in the assignment
FITS_BOTH = 0.6  # a pair as good as this keeps its source beside another attribute
LATE = ("family", "listed", "owned")  # features that need all pairs
NONE: Mapping[str, str] = MappingProxyType({})
OF_HISTORY = 1.5  # how much what people chose before counts, in log odds for each doubling (e)


@dataclass(frozen=True)
class Suggestion:
    """A source for an attribute.

    `steps` make the attribute's kind of value out of it. `confidence` is the share of such
    suggestions that are right, 0 to 1. `suggester` says who suggested it.
    """

    source: str
    confidence: float
    steps: tuple[Step, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    suggester: str = "names and values"


@dataclass(frozen=True)
class Rated:
    """A pair with its log odds among all pairs, and what became of it in the assignment."""

    pair: Pair
    odds: float
    lead: float = 0.0  # over the attribute's next best source, in log odds
    is_given: bool = False
    is_taken: bool = False  # the source went to another attribute, and does not fit both

    def for_confidence(self) -> dict[str, float]:
        return {
            "odds": self.odds,
            "lead": max(-4.0, min(4.0, self.lead)),
            "given": float(self.is_given),
            "taken": float(self.is_taken),
        }


def suggest(
    attributes: Sequence[Attribute],
    sources: Sequence[Source],
    knowledge: Knowledge,
    *,
    connector: str = "",
    stream: str = "",
    synonyms: Mapping[str, str] = NONE,
    weights: Fitted | None = None,
) -> dict[str, tuple[Suggestion, ...]]:
    """By the path of each attribute up to three suggestions, the surest first.

    `connector` and `stream` say what was chosen there before, `synonyms` what only that system
    calls so.
    """
    weights = weights or fitted()
    tallies = knowledge.of_stream(connector, stream)
    pairs = among_all(pairs_of(attributes, sources, synonyms, tallies), weights.alone)
    found: dict[str, tuple[Suggestion, ...]] = {attribute.path: () for attribute in attributes}
    rated = rate(pairs, weights.among, tallies)
    for path, told in surenesses(rated, weights.confidence).items():
        best = sorted(told, key=lambda one: -one[1])[:MOST]
        found[path] = tuple(
            _suggestion(pair, sure, tallies) for pair, sure in best if sure >= LEAST
        )
    return found


Tallies = Mapping[tuple[str, str], Tally]  # by the paths of an attribute and a source


def pairs_of(
    attributes: Sequence[Attribute],
    sources: Sequence[Source],
    synonyms: Mapping[str, str],
    chosen: Tallies,
) -> list[Pair]:
    """All pairs that could be, each by itself."""
    read = [(source, read_names(source, synonyms)) for source in islice(sources, MOST_FIELDS)]
    return [
        pair
        for attribute in attributes
        for called in (names_of(attribute),)
        for source, reading in read
        if (
            pair := pair_up(
                attribute,
                called,
                source,
                reading,
                was_chosen=(attribute.path, source.path) in chosen,
            )
        )
    ]


def among_all(pairs: list[Pair], alone: Weights) -> list[Pair]:
    """The pairs with their families: a source is likelier where the attribute's siblings are."""
    told = [probability(log_odds(alone, _by_itself(pair.features))) for pair in pairs]
    families = belonging(pairs, told, _family_of_pair)
    lists = belonging(pairs, told, _list_of_pair)
    return [replace(pair, features=_with_families(pair, families, lists)) for pair in pairs]


def _by_itself(features: Features) -> dict[str, float]:
    named = features._asdict()
    return {name: named[name] for name in named if name not in LATE}


Group = tuple[str, str]


def _family_of_pair(pair: Pair) -> Group:
    return pair.attribute.path.rpartition(".")[0], pair.source.parent


def _list_of_pair(pair: Pair) -> Group:
    around = pair.source.lists[-1] if pair.source.lists else ""
    return pair.attribute.path.rpartition("[]")[0], around


@dataclass(frozen=True)
class Belonging:
    """How well a group of sources suits one of attributes, 1 for the best of the other's side."""

    for_ours: dict[Group, float]
    for_theirs: dict[Group, float]


def belonging(pairs: list[Pair], told: list[float], group_of: Callable[[Pair], Group]) -> Belonging:
    """By how many attributes of a group find a source in the other, and how surely."""
    best: dict[tuple[Group, str], float] = {}
    for pair, share in zip(pairs, told, strict=True):
        key = (group_of(pair), pair.attribute.path)
        best[key] = max(best.get(key, 0.0), share)
    sums: dict[Group, float] = {}
    members: dict[str, set[str]] = {}
    for (group, path), share in best.items():
        sums[group] = sums.get(group, 0.0) + share
        members.setdefault(group[0], set()).add(path)
    # Between the sum, which a large group always wins, and the mean, which a small one does.
    fair = {group: total / len(members[group[0]]) ** 0.5 for group, total in sums.items()}
    return Belonging(_share_of_best(sums, 0), _share_of_best(fair, 1))


def _share_of_best(told: dict[Group, float], side: int) -> dict[Group, float]:
    most: dict[str, float] = {}
    for group, total in told.items():
        most[group[side]] = max(most.get(group[side], 0.0), total)
    return {group: total / (most[group[side]] or 1.0) for group, total in told.items()}


def _with_families(pair: Pair, families: Belonging, lists: Belonging) -> Features:
    family, around = _family_of_pair(pair), _lists_around(pair)
    if pair.attribute.kind == "list":  # a list is known by what is inside
        inside = (pair.attribute.path, pair.source.path)
        family, around = (f"{inside[0]}[]", f"{inside[1]}[]"), [*around, inside]
    return pair.features._replace(
        family=families.for_ours.get(family, 0.0),
        listed=prod(lists.for_ours.get(one, 0.0) for one in around),
        owned=prod(lists.for_theirs.get(one, 0.0) for one in around),
    )


def _lists_around(pair: Pair) -> list[Group]:
    """Each list around the attribute with the one around the source, outermost first.

    Where one is in more lists than the other, only the innermost are compared.
    """
    parts = pair.attribute.path.split("[]")
    ours = ["[]".join(parts[: at + 1]) for at in range(len(parts) - 1)]
    if len(ours) == len(pair.source.lists):
        return list(zip(ours, pair.source.lists, strict=True)) or [("", "")]
    return [_list_of_pair(pair)]


def rate(pairs: Iterable[Pair], among: Weights, tallies: Tallies) -> dict[str, list[Rated]]:
    """The best pairs of each attribute by its path, after the assignment."""
    rivals: dict[str, list[Rated]] = {}
    for pair in pairs:
        tally = tallies.get((pair.attribute.path, pair.source.path), Tally())
        history = OF_HISTORY * log((tally.accepted + 1) / (tally.refused + 1))
        odds = log_odds(among, pair.features._asdict()) + history
        rivals.setdefault(pair.attribute.path, []).append(Rated(pair, odds))
    for path, rated in rivals.items():
        rivals[path] = sorted(rated, key=lambda one: -one.odds)[:RIVALS]
    given = _give(rivals)
    return {path: _placed(path, rated, given) for path, rated in rivals.items()}


def _give(rivals: dict[str, list[Rated]]) -> dict[str, str]:
    """The path of the source that each attribute gets, where it gets one."""
    serious = {
        path: {one.pair.source.path: probability(one.odds) for one in rated if one.odds > -4}
        for path, rated in rivals.items()
    }
    rows = [path for path, told in serious.items() if told]
    columns = sorted({source for path in rows for source in serious[path]})
    chosen = assign([[serious[path].get(source, -1.0) for source in columns] for path in rows])
    return {
        path: columns[column]
        for path, column in zip(rows, chosen, strict=True)
        if column is not None
    }


def _placed(path: str, rated: list[Rated], given: dict[str, str]) -> list[Rated]:
    owners = {source: owner for owner, source in given.items()}
    placed = []
    for at, one in enumerate(rated):
        source = one.pair.source.path
        fits = probability(one.odds) >= FITS_BOTH
        is_others = owners.get(source, path) != path
        others = [other.odds for other in rated if not _are_twins(other.pair, one.pair)]
        lead = one.odds - max(others, default=-6.0)
        is_given = given.get(path) == source or (is_others and fits and at == 0)
        is_taken = is_others and not fits
        placed.append(replace(one, lead=lead, is_given=is_given, is_taken=is_taken))
    return placed


def _are_twins(one: Pair, other: Pair) -> bool:
    """Whether neither is a rival of the other: both hold the same values, or both are of one
    reference, as the id and the name of a shipping method are."""
    mine, theirs = one.source, other.source
    if mine.path == theirs.path or (mine.samples and set(mine.samples) == set(theirs.samples)):
        return True
    return mine.parent == theirs.parent and one.names.is_by_parent and other.names.is_by_parent


def surenesses(
    rated: dict[str, list[Rated]], confidence: Weights
) -> dict[str, list[tuple[Pair, float]]]:
    """How sure each pair is. What is inside a list is no surer than that this is the list."""
    told = {
        path: [
            (one.pair, probability(log_odds(confidence, one.for_confidence()))) for one in listed
        ]
        for path, listed in rated.items()
    }
    lists = {
        (path, pair.source.path): sure
        for path, listed in told.items()
        for pair, sure in listed
        if pair.attribute.kind == "list"
    }
    return {
        path: [(pair, min([sure, *_of_lists(pair, lists)])) for pair, sure in listed]
        for path, listed in told.items()
    }


def _of_lists(pair: Pair, lists: dict[Group, float]) -> list[float]:
    return [lists.get(around, LEAST) for around in _lists_around(pair) if around[0]]


def _suggestion(pair: Pair, sure: float, tallies: Tallies) -> Suggestion:
    tally = tallies.get((pair.attribute.path, pair.source.path), Tally())
    return Suggestion(
        source=pair.source.path,
        confidence=round(sure, 3),
        steps=steps_for(pair.attribute, pair.source),
        evidence=reasons_for(pair, tally),
    )
