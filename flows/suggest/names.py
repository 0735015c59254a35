"""Names of fields as words, and how well two of them agree."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import JaroWinkler

from flows.suggest.attributes import Attribute
from flows.suggest.sources import Source
from flows.suggest.words import general_words

Words = tuple[str, ...]
_TOKENS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
LONGEST = 40  # what is longer than a name is not taken apart
ALIKE = 0.93  # Jaro-Winkler; below, two words are two words
SPARE = 0.8  # how much a name that says more than was asked for loses
OF_FREE = 0.15  # a word that needs no explanation; still, `id` is an id before `product_id` is
MOST_FREE = 0.25  # of extra words, where all else is said
OF_PARENT = 0.8  # a word found in the parent's name says a little less


@lru_cache(maxsize=20_000)
def words_in(name: str) -> Words:
    """A name in plain words: `ShipZIPCode` and `ship_zip_code` are shipping, postal, code."""
    tokens = [token.lower() for token in _TOKENS.findall(_without_accents(name[: 3 * LONGEST]))]
    return _once(word for token in tokens for word in _written_out(token))


def _without_accents(name: str) -> str:
    if name.isascii():
        return name
    apart = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _once(words: Iterable[str]) -> Words:
    return tuple(dict.fromkeys(words))


@lru_cache(maxsize=20_000)
def _written_out(token: str) -> Words:
    told = general_words()
    for form in (token, _singular(token)):
        if form in told.abbreviations:
            return tuple(_singular(word) for word in told.abbreviations[form].split())
    if _singular(token) in told.known or token in told.known or len(token) < 5:
        return (_singular(token),)
    pieces = _run_together(token) if len(token) <= LONGEST else ()
    return tuple(word for piece in pieces for word in _written_out(piece)) or (_singular(token),)


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("sses", "xes", "ches")):
        return word[:-2]
    keeps = word.endswith(("ss", "us", "is")) or len(word) < 4
    return word if keeps or not word.endswith("s") else word[:-1]


def _run_together(token: str) -> Words:
    """The fewest known words that make up the token, none if it cannot be taken apart."""
    known = general_words().known
    best: list[Words | None] = [()] + [None] * len(token)
    for end in range(2, len(token) + 1):
        for start in range(max(0, end - 14), end - 1):
            before, piece = best[start], token[start:end]
            if before is None or (piece not in known and _singular(piece) not in known):
                continue
            now = best[end]
            if now is None or len(before) + 1 < len(now):
                best[end] = (*before, piece)
    return best[-1] or ()


@dataclass(frozen=True)
class Called:
    """What an attribute may be called: phrases for itself, and for each of its parents."""

    phrases: tuple[Words, ...]
    parents: tuple[tuple[Words, ...], ...]
    lists: tuple[bool, ...]  # of each parent: whether it is a list
    words: frozenset[str]  # of all phrases
    free: frozenset[str]  # words that need no explanation: the record's own and the parents'
    apart: frozenset[str]  # words that put a field elsewhere


@lru_cache(maxsize=4_000)
def names_of(attribute: Attribute) -> Called:
    told = general_words()
    *above, leaf = attribute.path.split(".")
    table = told.contexts if attribute.kind == "list" and leaf in told.contexts else told.names
    phrases = [*_told(table, attribute), leaf.replace("_", " ")]
    names = [parent.removesuffix("[]") for parent in above]
    parents = [[*told.contexts.get(name, ()), name.replace("_", " ")] for name in names]
    around = {word for listed in parents for phrase in listed for word in words_in(phrase)}
    mine = {word for phrase in phrases for word in words_in(phrase)}
    owners = told.owners.get(attribute.resource, ())
    return Called(
        phrases=tuple(dict.fromkeys(words_in(phrase) for phrase in phrases)),
        parents=tuple(tuple(words_in(phrase) for phrase in listed) for listed in parents),
        lists=tuple(parent.endswith("[]") for parent in above),
        words=frozenset(mine),
        free=frozenset(word for phrase in owners for word in words_in(phrase)) | around,
        apart=told.apart - mine - around,
    )


def _told(table: dict[str, list[str]], attribute: Attribute) -> list[str]:
    """The phrases of the longest end of the attribute's path that the table has."""
    parts = attribute.path.split(".")
    ends = [".".join(parts[at:]) for at in range(len(parts))]
    for end in (f"{attribute.resource}.{attribute.path}", *ends):
        if end in table:
            return table[end]
    return []


@lru_cache(maxsize=4_000)
def looks_wanted(attribute: Attribute) -> frozenset[str]:
    return frozenset(_told(general_words().looks, attribute))


@dataclass(frozen=True)
class Reading:
    """The words of a source: its own name's, its parent object's, and those of each list."""

    own: Words
    parent: Words
    lists: tuple[Words, ...]
    all: frozenset[str]


def read_names(source: Source, synonyms: Mapping[str, str]) -> Reading:
    """The source's names in words, with what only its system calls so."""
    said = [words_in(synonyms.get(name.lower(), name)) for name in source.names]
    has_parent = len(said) > 1 and not source.path.endswith("[]")
    lists = tuple(_words_of_list(path, synonyms) for path in source.lists)
    return Reading(
        own=said[-1] if said else (),
        parent=said[-2] if has_parent else (),
        lists=lists,
        all=frozenset(word for words in said for word in words),
    )


def _words_of_list(path: str, synonyms: Mapping[str, str]) -> Words:
    name = path.rpartition("[]")[2].rpartition(".")[2] or path
    words = words_in(synonyms.get(name.lower(), name))
    above = path.rpartition(".")[0].rpartition(".")[2]
    return _once((*words, *words_in(above)))


@dataclass(frozen=True)
class Agreement:
    """How the names agree, each 0 to 1.

    `said`: how much of the best phrase the source says; `extra`: how much of the source's own name
    nobody asked for; `parents`: how well what is around them agrees, 1 where the attribute is at
    the top; `strange`: words that put the source elsewhere, as billing's for shipping.
    `is_by_parent` says that the phrase is not in the source's own name, but in its parent's.
    """

    said: float
    extra: float
    parents: float
    strange: float
    phrase: Words = ()
    is_by_parent: bool = False

    @property
    def is_exact(self) -> bool:
        return self.said > 0.99 and self.extra < MOST_FREE


def agree(called: Called, reading: Reading) -> Agreement:
    around = _parents(called.parents, called.lists, reading.lists, reading.all)
    said, extra, phrase = 0.0, 1.0, called.phrases[0]
    if _touch(called.words, reading):
        said, extra, phrase = max(
            (_say(phrase, reading, called.free) for phrase in called.phrases),
            key=lambda found: found[0] * (1 - SPARE * found[1]),
        )
    strange = len(called.apart & (reading.all - set(phrase)))
    is_by_parent = (
        said > 0 and reading.all.issuperset(phrase) and not set(phrase) & set(reading.own)
    )
    return Agreement(said, extra, around, min(1.0, strange), phrase, is_by_parent)


def _touch(words: frozenset[str], reading: Reading) -> bool:
    """Whether there is any word to compare; most pairs have none."""
    return (
        not words.isdisjoint(reading.own)
        or not words.isdisjoint(reading.parent)
        or any(_near(word, other) for other in reading.own if len(other) >= 4 for word in words)
    )


def _say(phrase: Words, reading: Reading, free: frozenset[str]) -> tuple[float, float, Words]:
    weigh = _weight
    whole = sum(weigh(word) for word in phrase) or 1.0
    said = sum(
        weigh(word)
        * max(_alike(word, reading.own), OF_PARENT * _alike(word, reading.parent, whole=True))
        for word in phrase
    )
    is_parents = free.issuperset(phrase)
    if not is_parents and set(phrase) <= set(reading.parent):  # as currency.code, status.name
        free = free | general_words().parts
    unsaid = [word for word in reading.own if not _alike(word, phrase)]
    spare = sum(weigh(word) * (OF_FREE if word in free else 1) for word in unsaid)
    if is_parents and not free.issuperset(
        unsaid
    ):  # the parent's own name and more: that is not the parent
        said = 0.0
    return said / whole, spare / (spare + whole), phrase


def _weight(word: str) -> float:
    return general_words().weights.get(word, 1.0)


def _alike(word: str, others: Words, *, whole: bool = False) -> float:
    """1 for the same word, a little less for one that is nearly written so, else 0."""
    if word in others:
        return 1.0
    if whole or len(word) < 4 or word.isdigit():
        return 0.0
    return max((_near(word, other) for other in others if len(other) >= 4), default=0.0)


@lru_cache(maxsize=100_000)
def _near(word: str, other: str) -> float:
    return 0.9 * JaroWinkler.similarity(word, other, score_cutoff=ALIKE)


@lru_cache(maxsize=50_000)
def _parents(
    parents: tuple[tuple[Words, ...], ...],
    are_lists: tuple[bool, ...],
    lists: tuple[Words, ...],
    everything: frozenset[str],
) -> float:
    scores, depth = [], 0
    for listed, is_list in zip(parents, are_lists, strict=True):
        words: Words | frozenset[str] = everything
        if is_list:
            words = lists[depth] if depth < len(lists) else ()
            depth += 1
        scores.append(max((_share(phrase, words) for phrase in listed), default=0.0))
    return sum(scores) / len(scores) if scores else 1.0


def _share(phrase: Words, words: Words | frozenset[str]) -> float:
    whole = sum(_weight(word) for word in phrase) or 1.0
    return sum(_weight(word) for word in phrase if word in words) / whole
