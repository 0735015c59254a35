"""Steps that take a person's name apart, and put it together."""

from typing import Annotated, Any, Literal

from msgspec import Meta

from connectors.steps.pieces import is_blank
from connectors.steps.step import Here, Step, word_of

# They belong to the last name that follows them.
PARTICLES = frozenset({
    "af", "al", "el", "ap", "av", "ben", "bin", "bint", "ibn", "binti", "da", "das", "de",
    "del", "della", "der", "den", "des", "di", "do", "dos", "du", "la", "le", "lo", "san", "st",
    "ter", "ten", "van", "vande", "vander", "vom", "von", "y", "zu", "zum", "zur", "'t",
})  # fmt: skip
SUFFIXES = frozenset({
    "jr", "sr", "ii", "iii", "iv", "phd", "md", "esq", "cpa", "dds",
})  # fmt: skip
TITLES = frozenset({
    "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "herr", "frau", "mme", "mlle", "m/s", "shri",
    "smt",
})  # fmt: skip


class NamePart(Step, frozen=True, tag="name_part"):
    """The first or the last name of a full one. «van», «de», «bin» and their like belong to the
    last name, «Jr.» and «III» too; «Mr.» and «Dr.» to neither. «Gogh, Vincent» is read by its
    comma. A single name is the last name, and the first is no value."""

    label, group = "First or last name", "Names"

    part: Annotated[Literal["first", "last"], Meta(title="The")]

    def apply(self, value: Any, here: Here) -> str | None:
        first, last = names_of(word_of(value))
        return (first if self.part == "first" else last) or None


class FullName(Step, frozen=True, tag="full_name"):
    """A first and a last name together. The value is the list of both, as the path
    `[first_name, last_name]` gives it; one of them may be missing."""

    label, group = "Full name", "Names"

    order: Annotated[Literal["first_last", "last_first"], Meta(title="Order")] = "first_last"

    def apply(self, value: Any, here: Here) -> str | None:
        if not isinstance(value, list | tuple):
            return " ".join(word_of(value).split()) or None
        if len(value) != 2:
            raise ValueError("is not a list of a first and a last name")
        first, last = ("" if is_blank(one) else " ".join(word_of(one).split()) for one in value)
        if self.order == "last_first" and first and last:
            return f"{last}, {first}"
        return f"{first} {last}".strip() or None


def names_of(full: str) -> tuple[str, str]:
    """(first, last); no word but a title is lost."""
    head, comma, tail = full.partition(",")
    if comma and tail.strip() and not _is_suffix(tail.strip()):
        return " ".join(_untitled(tail.replace(",", " ").split())), " ".join(head.split())
    words = _untitled(full.replace(",", " ").split())
    ending: list[str] = []
    while len(words) > 1 and _is_suffix(words[-1]):
        ending.insert(0, words.pop())
    place = len(words) - 1
    for number in range(1, len(words) - 1):
        if words[number].lower() in PARTICLES and words[number] != "Y":
            place = number
            break
    if words and words[0] in PARTICLES:  # in small letters: «Van Morrison» has a first name
        place = 0
    return " ".join(words[: max(place, 0)]), " ".join([*words[max(place, 0) :], *ending])


def _untitled(words: list[str]) -> list[str]:
    kept = list(words)
    while len(kept) > 1 and kept[0].lower().rstrip(".") in TITLES:
        kept.pop(0)
    return kept


def _is_suffix(word: str) -> bool:
    return word.lower().replace(".", "") in SUFFIXES
