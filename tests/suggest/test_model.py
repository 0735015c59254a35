"""A language model as a suggester: what it is told, and what of its answers holds."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.standard import resources
from connectors.steps import Lower, Trim
from flows.suggest import Knowledge, attributes_of, sources_of
from flows.suggest.model import (
    SUREST,
    LanguageModel,
    NamesAndValues,
    Suggester,
    body_for,
    combine,
    prompt_for,
    read_answer,
    text_of,
)
from tests.suggest.test_sources import JSON

ATTRIBUTES = attributes_of(resources()["order"])
SAMPLES = [
    {
        "buyerMail": "lena@vogel.example",
        "sum": "46.83",
        "rows": [{"what": "MUG-350"}],
        "custbody_secret_plan": "x",
        "tom@example.com": {"phone": "+15035550147"},
    }
]
SOURCES = sources_of(SAMPLES)


def answering(*lines: Any) -> LanguageModel:
    return LanguageModel(lambda prompt: f"Here you are:\n```json\n{json.dumps(lines)}\n```")


def line(attribute: str, source: str, confidence: Any = 0.9) -> dict[str, Any]:
    return {"attribute": attribute, "source": source, "confidence": confidence}


def test_it_is_told_names_and_kinds_and_no_value() -> None:
    prompt = prompt_for(ATTRIBUTES, SOURCES)
    assert "buyerMail: text" in prompt
    assert "rows[].what: text" in prompt
    for secret in ("lena@", "46.83", "MUG-350", "custbody_secret_plan", "tom@example.com"):
        assert secret not in prompt


def test_what_it_proposes_is_a_suggestion_like_any_other_but_less_sure() -> None:
    (found,) = answering(line("email", "buyerMail", 1.0)).suggest(ATTRIBUTES, SOURCES)["email"]
    assert (found.source, found.confidence, found.steps) == (
        "buyerMail",
        SUREST,
        (Trim(), Lower()),
    )
    assert [one.sort for one in found.evidence] == ["model"]


@pytest.mark.parametrize(
    "wrong",
    [
        line("emails", "buyerMail"),  # no such attribute
        line("email", "buyerEmail"),  # no such source
        line("lines", "buyerMail"),  # a text is no list
        line("note", "custbody_secret_plan"),  # was not asked about
        {"attribute": "email"},
        {"attribute": "email", "source": ["buyerMail"]},
        "email",
        None,
        7,
    ],
)
def test_what_does_not_hold_is_dropped(wrong: Any) -> None:
    found = answering(wrong, line("total", "sum")).suggest(ATTRIBUTES, SOURCES)
    assert list(found) == ["total"]


@pytest.mark.parametrize("sure", [None, -1, 2, "0.9", True, [], float("nan"), 10**400])
def test_a_confidence_that_is_none_is_a_low_one(sure: Any) -> None:
    (found,) = answering(line("total", "sum", sure)).suggest(ATTRIBUTES, SOURCES)["total"]
    assert found.confidence == 0.3


@pytest.mark.parametrize("answer", ["", "no", "[", "[{]", "{}", "[" * 90_000 + "]" * 90_000, "[1"])
def test_a_malformed_answer_gives_nothing(answer: str) -> None:
    assert LanguageModel(lambda prompt: answer).suggest(ATTRIBUTES, SOURCES) == {}


@settings(deadline=None)
@given(JSON)
def test_any_json_is_an_answer(told: Any) -> None:
    read_answer(json.dumps(told), ATTRIBUTES, SOURCES)
    text_of(told)


@settings(deadline=None)
@given(st.text())
def test_any_text_is_an_answer(told: str) -> None:
    read_answer(told, ATTRIBUTES, SOURCES)


def test_a_model_that_cannot_be_reached_gives_nothing_and_says_so() -> None:
    def fail(prompt: str) -> str:
        raise TimeoutError("no answer")

    told: list[Exception] = []
    assert LanguageModel(fail, told.append).suggest(ATTRIBUTES, SOURCES) == {}
    assert [str(error) for error in told] == ["no answer"]


def test_it_never_has_more_than_three() -> None:
    many = sources_of([{f"field{number}": "x" for number in range(9)}])
    lines = [line("note", source.path) for source in many]
    assert len(answering(*lines).suggest(ATTRIBUTES, many)["note"]) == 3


def test_both_together_are_surer_and_say_where_it_came_from() -> None:
    names: Suggester = NamesAndValues(Knowledge())
    ours = names.suggest(ATTRIBUTES, SOURCES)
    theirs = answering(line("email", "buyerMail"), line("note", "sum")).suggest(ATTRIBUTES, SOURCES)
    both = combine(ours, theirs)
    assert 1 >= both["email"][0].confidence > ours["email"][0].confidence
    assert {"name", "model"} <= {one.sort for one in both["email"][0].evidence}
    assert both["note"][0].suggester == "language model"


def test_it_speaks_the_words_of_the_chat_endpoint() -> None:
    assert body_for("Hello", "small")["messages"] == [{"role": "user", "content": "Hello"}]
    assert text_of({"choices": [{"message": {"role": "assistant", "content": "[]"}}]}) == "[]"
    assert text_of({"choices": []}) == ""
