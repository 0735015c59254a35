"""A language model as another suggester: asked in words, believed like a stranger.

What is sent are names and kinds of fields, never a value of a sample. What comes back is checked
like any suggestion: an attribute or a source that was not sent, or one that cannot become the
other, is dropped, and no answer makes it surer than a stranger may be.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, Protocol

import msgspec

from flows.suggest.attributes import Attribute
from flows.suggest.conversions import steps_for
from flows.suggest.features import fit_of_kinds
from flows.suggest.knowledge import Knowledge, is_custom, is_plain
from flows.suggest.propose import MOST, NONE, Suggestion, suggest
from flows.suggest.reasons import Evidence
from flows.suggest.sources import Source

NAME = "language model"
SUREST = 0.6  # below what names and values say when they agree
ALONE = 0.3  # where it does not say how sure it is
SUPPORT = 0.5  # how much of the doubt is left when both say the same
MOST_ANSWERS = 1_000
LONGEST_ANSWER = 200_000  # characters
MOST_ASKED = 400  # fields in one prompt

Ask = Callable[[str], str]
Suggestions = dict[str, tuple[Suggestion, ...]]


class Suggester(Protocol):
    """Whoever suggests sources: at most three for each attribute's path, the surest first."""

    def suggest(self, attributes: Sequence[Attribute], sources: Sequence[Source]) -> Suggestions:
        """Empty or without an attribute where there is nothing to suggest; raises nothing."""
        ...


class NamesAndValues:
    """The suggester of this room: offline, by names, values, structure and what was chosen."""

    def __init__(
        self,
        knowledge: Knowledge,
        connector: str = "",
        stream: str = "",
        synonyms: Mapping[str, str] = NONE,
    ) -> None:
        self.knowledge, self.connector, self.stream = knowledge, connector, stream
        self.synonyms = synonyms

    def suggest(self, attributes: Sequence[Attribute], sources: Sequence[Source]) -> Suggestions:
        return suggest(
            attributes,
            sources,
            self.knowledge,
            connector=self.connector,
            stream=self.stream,
            synonyms=self.synonyms,
        )


class LanguageModel:
    """A model behind a chat endpoint. `ask` sends one prompt and gives the answer's text.

    `ask` may raise: what went wrong is the caller's to show, through `failed`.
    """

    def __init__(self, ask: Ask, failed: Callable[[Exception], None] | None = None) -> None:
        self.ask, self.failed = ask, failed

    def suggest(self, attributes: Sequence[Attribute], sources: Sequence[Source]) -> Suggestions:
        try:
            answer = self.ask(prompt_for(attributes, sources))
        except Exception as error:
            if self.failed:
                self.failed(error)
            return {}
        return read_answer(answer, attributes, sources)


def prompt_for(attributes: Sequence[Attribute], sources: Sequence[Source]) -> str:
    """What a model is asked: names and kinds. What a company named itself stays here."""
    wanted = "\n".join(f"{one.path}: {one.kind}" for one in attributes)
    shown = islice((one for one in sources if _may_be_sent(one)), MOST_ASKED)
    fields = "\n".join(f"{one.path}: {one.kind}" for one in shown)
    return (
        "Say which field of a source record fills each attribute of a target record.\n"
        "Answer with JSON only: a list of objects with the keys attribute, source and"
        " confidence (0 to 1). Leave out an attribute that no field fills.\n\n"
        f"Attributes:\n{wanted}\n\nFields:\n{fields}\n"
    )


def _may_be_sent(source: Source) -> bool:
    """A name that is no plain word may be a value: records by e-mail address, or by name."""
    return is_plain(source.path) and not is_custom(source.path)


def body_for(prompt: str, model: str) -> dict[str, Any]:
    """The body of a request to an OpenAI-compatible chat endpoint (POST /v1/chat/completions)."""
    return {"model": model, "temperature": 0, "messages": [{"role": "user", "content": prompt}]}


class _Message(msgspec.Struct):
    content: str


class _Option(msgspec.Struct):
    message: _Message


class _Chat(msgspec.Struct):
    choices: list[_Option]


def text_of(answer: Any) -> str:
    """The text inside the endpoint's answer, empty where there is none."""
    try:
        return msgspec.convert(answer, _Chat).choices[0].message.content
    except (msgspec.ValidationError, IndexError):
        return ""


class _Line(msgspec.Struct):
    attribute: str
    source: str
    confidence: Any = None


def read_answer(
    answer: str, attributes: Sequence[Attribute], sources: Sequence[Source]
) -> Suggestions:
    """The suggestions of an answer that hold; an answer that is none gives none."""
    wanted = {one.path: one for one in attributes}
    known = {one.path: one for one in sources if _may_be_sent(one)}
    found: dict[str, dict[str, Suggestion]] = {}
    for line in _lines_of(answer):
        attribute, source = wanted.get(line.attribute), known.get(line.source)
        if attribute is not None and source is not None and fit_of_kinds(attribute, source) > 0:
            made = _made(attribute, source, line.confidence)
            found.setdefault(attribute.path, {}).setdefault(source.path, made)
    return {
        path: tuple(sorted(told.values(), key=lambda one: -one.confidence)[:MOST])
        for path, told in found.items()
    }


def _lines_of(answer: object) -> Iterator[_Line]:
    """Each object of the answer that names two fields; models like to write around their JSON."""
    text = answer[:LONGEST_ANSWER] if isinstance(answer, str) else ""
    inside = re.search(r"\[.*\]", text, re.DOTALL)
    try:
        told = json.loads(inside.group(0)) if inside else []
    except (ValueError, RecursionError):
        return
    for line in told[:MOST_ANSWERS] if isinstance(told, list) else ():
        with suppress(msgspec.ValidationError):
            yield msgspec.convert(line, _Line)


def _made(attribute: Attribute, source: Source, confidence: Any) -> Suggestion:
    is_number = isinstance(confidence, int | float) and not isinstance(confidence, bool)
    sure = confidence if is_number and 0 <= confidence <= 1 else ALONE
    text = "A language model suggests it, from names and kinds alone; it has seen no value."
    return Suggestion(
        source=source.path,
        confidence=round(min(SUREST, float(sure)), 3),
        steps=steps_for(attribute, source),
        evidence=(Evidence("model", text),),
        suggester=NAME,
    )


def combine(ours: Suggestions, theirs: Suggestions) -> Suggestions:
    """Both suggesters' answers as one: what both say is surer, and keeps both's evidence."""
    return {
        path: _combined(ours.get(path, ()), theirs.get(path, ()))
        for path in dict.fromkeys((*ours, *theirs))
    }


def _combined(
    ours: tuple[Suggestion, ...], theirs: tuple[Suggestion, ...]
) -> tuple[Suggestion, ...]:
    found = {one.source: one for one in ours}
    for other in theirs:
        one = found.get(other.source)
        found[other.source] = other if one is None else _supported(one, other)
    return tuple(sorted(found.values(), key=lambda one: -one.confidence)[:MOST])


def _supported(one: Suggestion, other: Suggestion) -> Suggestion:
    doubt = (1 - one.confidence) * (1 - SUPPORT * other.confidence)
    return Suggestion(
        source=one.source,
        confidence=round(1 - doubt, 3),
        steps=one.steps,
        evidence=(*one.evidence, *other.evidence),
        suggester=f"{one.suggester}, {other.suggester}",
    )
