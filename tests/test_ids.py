"""Public ids: one spelling, one meaning, sorted by time."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekyam import ids


@given(st.uuids())
def test_it_reads_back_every_id_that_it_writes(id_: uuid.UUID) -> None:
    assert ids.parse("evt", ids.public("evt", id_)) == id_


@given(st.text())
def test_it_accepts_no_text_that_it_would_not_write(text: str) -> None:
    try:
        id_ = ids.parse("evt", text)
    except ids.UnknownId:
        return
    assert ids.public("evt", id_) == text


GOOD = ids.public("evt", uuid.UUID(int=2**128 - 1))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "evt",
        "evt_",
        "_" + GOOD[4:],
        GOOD[4:],
        GOOD.replace("evt", "run"),
        GOOD.upper(),
        GOOD + "0",
        GOOD[:-1],
        GOOD[:-1] + "u",
        GOOD[:-1] + "é",
        "evt_8" + GOOD[5:],
        " " + GOOD,
        "x_" + GOOD,
    ],
)
def test_it_refuses_malformed_ids(text: str) -> None:
    with pytest.raises(ids.UnknownId):
        ids.parse("evt", text)


def test_it_makes_sorted_and_distinct_version_7_ids() -> None:
    made = [ids.new() for _ in range(5000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {(id_.version, id_.variant) for id_ in made} == {(7, uuid.RFC_4122)}
