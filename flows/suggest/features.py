"""What speaks for a source of an attribute, and against it, as numbers."""

from dataclasses import dataclass
from typing import NamedTuple

from rapidfuzz import fuzz

from flows.suggest.attributes import Attribute
from flows.suggest.names import SPARE, Agreement, Called, Reading, agree, looks_wanted
from flows.suggest.sources import Source

# Looks that say so much that an attribute which wants none of them is another one.
TELLING = {
    "email", "url", "date", "epoch", "currency", "country", "gtin", "boolean", "html", "unit",
}  # fmt: skip


class Features(NamedTuple):
    """Each 0 to 1; `family`, `listed` and `owned` are known only when all pairs have been seen."""

    said: float  # how much of the attribute's name the source says, less what it says besides
    exact: float  # all of it, and nothing that needs an explanation
    extra: float  # how much of the source's name nobody asked for
    parents: float  # how well what is around them agrees
    strange: float  # words of another part of the record
    fuzzy: float  # rapidfuzz's ratio of both names with their parents
    kind: float  # how well the source's kind becomes the attribute's
    looks: float  # share of the values that look as they should, 0.5 where nothing is wanted
    against: float  # share of the values that look like something else
    allowed: float  # share of the values that are among the attribute's own
    filled: float  # how often there is a value
    same_lists: float  # as many lists around it
    depth: float  # how much deeper one is than the other
    family: float = 0.0  # how many of the attribute's siblings are found beside the source
    listed: float = 0.0  # the same for the whole list
    owned: float = 0.0  # how far no other list of the record suits the source's list better


@dataclass(frozen=True)
class Pair:
    """One source for one attribute."""

    attribute: Attribute
    source: Source
    names: Agreement
    features: Features


def pair_up(
    attribute: Attribute,
    called: Called,
    source: Source,
    reading: Reading,
    *,
    was_chosen: bool = False,
) -> Pair | None:
    """The pair; None where the source cannot become the attribute, or nothing speaks for it.

    Most pairs are of that sort. `was_chosen` says that a person once thought of it.
    """
    depth = attribute.path.count("[]")
    kind = fit_of_kinds(attribute, source)
    if not kind or abs(depth - len(source.lists)) > 1:
        return None
    names = agree(called, reading)
    looks, allowed = _looks(attribute, source), _allowed(attribute, source)
    is_plain = attribute.kind not in ("list", "object")  # those are known by what is inside
    if is_plain and not (was_chosen or names.said or looks > 0.5 or allowed):
        return None
    ours = " ".join((*names.phrase, *(word for way in called.parents for word in way[0])))
    features = Features(
        said=names.said * (1 - SPARE * names.extra),
        exact=float(names.is_exact),
        extra=names.extra,
        parents=names.parents,
        strange=names.strange,
        fuzzy=fuzz.token_sort_ratio(ours, " ".join(sorted(reading.all))) / 100,
        kind=kind,
        looks=looks,
        against=_against(attribute, source),
        allowed=allowed,
        filled=source.filled,
        same_lists=float(depth == len(source.lists)),
        depth=min(4, abs(len(source.names) - attribute.path.count(".") - 1)) / 4,
    )
    return Pair(attribute, source, names, features)


_FITS: dict[str, dict[str, float]] = {
    "text": {"text": 1, "whole": 0.8, "decimal": 0.2, "boolean": 0.1, "mixed": 0.6, "empty": 0.4},
    "choice": {"text": 1, "whole": 0.5, "boolean": 0.2, "mixed": 0.5, "empty": 0.4},
    "whole": {"whole": 1, "decimal": 0.5, "mixed": 0.3, "empty": 0.3},
    "decimal": {"decimal": 1, "whole": 0.9, "mixed": 0.3, "empty": 0.3},
    "money": {"decimal": 1, "whole": 0.6, "mixed": 0.3, "empty": 0.3},
    "boolean": {"boolean": 1, "empty": 0.2},
    "date": {"empty": 0.4},
    "list": {"list": 1},
    "object": {"object": 1, "list": 0.4},
}


def fit_of_kinds(attribute: Attribute, source: Source) -> float:
    """How well the source's kind becomes the attribute's, 0 to 1; what values look like counts."""
    fit = _FITS[attribute.kind].get(source.kind, 0.0)
    looks = source.looks
    if attribute.kind == "date":
        return max(fit, looks.get("date", 0.0), 0.8 * looks.get("epoch", 0.0))
    if attribute.kind in ("decimal", "money", "whole") and source.kind == "text":
        return 0.95 * looks.get("number", 0.0)
    if attribute.kind == "boolean":
        words = max(looks.get("boolean", 0.0), 0.6 * looks.get("bit", 0.0))
        return max(fit, words if source.kind != "boolean" else 1.0)
    if attribute.kind == "list" and attribute.path.endswith("tags") and source.kind == "text":
        return 0.7
    return fit


def _looks(attribute: Attribute, source: Source) -> float:
    wanted = looks_wanted(attribute)
    if not wanted or not source.samples:
        return 0.5
    return max(source.looks.get(look, 0.0) for look in wanted)


def _against(attribute: Attribute, source: Source) -> float:
    wanted = looks_wanted(attribute)
    if attribute.kind in ("date", "boolean", "list", "object"):
        return 0.0
    telling = TELLING - wanted
    return max((share for look, share in source.looks.items() if look in telling), default=0.0)


def _allowed(attribute: Attribute, source: Source) -> float:
    if not attribute.allowed or not source.samples:
        return 0.0
    ours = {value.replace("_", "") for value in attribute.allowed}
    theirs = ["".join(filter(str.isalnum, value.lower())) for value in source.samples]
    return sum(value in ours for value in theirs) / len(theirs)
