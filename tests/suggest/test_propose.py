"""Suggestions: never more than three, never surer than 1, and learned from choices."""

from datetime import datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.context import Context
from connectors.standard import resources
from connectors.steps import Choose, Here, Lower, Step, ToTime, Trim
from flows.bench.suggest import Gold, measure, read_gold, together
from flows.suggest import Choice, Knowledge, Suggestion, attributes_of, sources_of, suggest
from flows.suggest.attributes import Attribute
from flows.suggest.conversions import steps_for
from flows.suggest.knowledge import fold
from tests.suggest.test_sources import JSON

SHOP = {
    "ref": "A-77",
    "buyerMail": "lena@vogel.example",
    "ship": {"zip": "10435", "town": "Berlin", "ctry": "DE"},
    "bill": {"zip": "97201", "town": "Portland", "ctry": "US"},
    "positions": [{"artNo": "MUG-350", "qty": 2, "netPrice": "4.50"}],
    "createdOn": "2026-02-11T10:00:00Z",
    "ordered": "11.02.2026",
}


@cache
def gold() -> list[Gold]:
    return read_gold()


def ask(
    *samples: Any, resource: str = "order", knowledge: Knowledge | None = None
) -> dict[str, tuple[Suggestion, ...]]:
    return suggest(
        attributes_of(resources()[resource]),
        sources_of(samples),
        knowledge or Knowledge(),
        connector="shop",
        stream="orders",
    )


@pytest.mark.parametrize(
    ("attribute", "source"),
    [
        ("email", "buyerMail"),
        ("shipping_address.postal_code", "ship.zip"),
        ("shipping_address.city", "ship.town"),
        ("billing_address.country", "bill.ctry"),
        ("lines", "positions"),
        ("lines[].sku", "positions[].artNo"),
        ("lines[].quantity", "positions[].qty"),
        ("lines[].unit_price", "positions[].netPrice"),
    ],
)
def test_it_finds_the_source_of_a_system_never_seen(attribute: str, source: str) -> None:
    assert ask(SHOP)[attribute][0].source == source


def test_it_says_why() -> None:
    (first, *_) = ask(SHOP)["email"]
    said = {one.sort: one.text for one in first.evidence}
    assert said["name"] == "«buyerMail» is close to «email»."
    assert "look like an e-mail address, such as «lena@vogel.example»" in said["values"]
    assert first.steps == (Trim(), Lower())
    (first, *_) = ask(SHOP)["shipping_address.postal_code"]
    assert first.evidence[0].text == "«zip» means «postal code»."
    (against,) = [
        one.text
        for told in ask(SHOP)["billing_address.region"]
        for one in told.evidence
        if told.source == "bill.ctry" and one.sort == "values" and not one.speaks_for
    ]
    assert against == "All samples look like a country, such as «US»."


def test_it_proposes_steps_that_take_the_samples() -> None:
    placed = {one.source: one.steps for one in ask(SHOP)["placed_at"]}
    assert placed["createdOn"] == (ToTime(),)
    assert placed.get("ordered", ()) in ((), (ToTime(written="pattern", pattern="%d.%m.%Y"),))
    here = Here(Context(), SHOP, SHOP)
    for source, steps in placed.items():
        value: Any = SHOP[source]
        for step in steps:
            value = step.apply(value, here)
        assert isinstance(value, datetime)


def test_a_source_that_was_accepted_is_surer_and_one_that_was_refused_less_so() -> None:
    before = ask(SHOP)["email"][0].confidence
    for accepted in (True, False):
        choice = Choice("shop", "orders", "email", "buyerMail", accepted)
        known = fold(fold(Knowledge(), choice), choice)
        (first, *_) = ask(SHOP, knowledge=known)["email"] or (None,)
        now = first.confidence if first else 0.0
        assert (now > before) if accepted else (now < before)
    assert first is None or "refused twice" in first.evidence[-1].text


def test_what_people_chose_is_suggested_though_nothing_else_speaks_for_it() -> None:
    assert "zzqx" not in [one.source for one in ask({"zzqx": "7"})["reference"]]
    known = Knowledge()
    for _ in range(60):
        known = fold(known, Choice("shop", "orders", "reference", "zzqx", True))
    assert ask({"zzqx": "7"}, knowledge=known)["reference"][0].source == "zzqx"


@settings(max_examples=60, deadline=None)
@given(st.lists(JSON, max_size=3))
def test_it_takes_any_json(samples: list[Any]) -> None:
    paths = {source.path for source in sources_of(samples)}
    for listed in ask(*samples).values():
        check(listed)
        assert {one.source for one in listed} <= paths


def check(listed: tuple[Suggestion, ...]) -> None:
    sure = [one.confidence for one in listed]
    assert len(listed) <= 3
    assert all(0 <= one <= 1 for one in sure)
    assert sure == sorted(sure, reverse=True)
    assert len({one.source for one in listed}) == len(listed)
    assert all(one.evidence for one in listed)


def test_it_says_nothing_of_nothing() -> None:
    assert not any(ask().values())
    assert suggest((), sources_of([SHOP]), Knowledge()) == {}


def test_every_gold_line_names_an_attribute_and_a_source_that_there_are() -> None:
    for one in gold():
        sources = {source.path for source in one.sources}
        assert set(one.right) <= {attribute.path for attribute in one.attributes}, one.name
        assert {path for paths in one.right.values() for path in paths} <= sources, one.name


def test_pairs_are_held_out() -> None:
    assert sum(one.is_held_out for one in gold()) >= 3


def test_it_is_as_good_as_it_was_on_the_pairs_tuned_on() -> None:
    found = together("tuned on", [measure(one) for one in gold() if not one.is_held_out])
    assert found.precision > 0.9
    assert found.recall > 0.8
    assert found.calibration_error < 0.1


STATUS = Attribute("status", "choice", allowed=("shipped", "pending_approval", "cancelled"))


@pytest.mark.parametrize(
    ("values", "steps"),
    [
        (["Shipped", "cancelled"], (Lower(),)),
        (
            ["Pending Approval", "PENDING-APPROVAL", "Shipped.", "A"],
            (
                Choose(
                    {
                        "Pending Approval": "pending_approval",
                        "PENDING-APPROVAL": "pending_approval",
                        "Shipped.": "shipped",
                    }
                ),
            ),
        ),
        (["A", "C"], ()),
        ([], ()),
    ],
)
def test_it_fills_a_table_with_what_is_called_alike_and_offers_no_empty_one(
    values: list[str], steps: tuple[Step, ...]
) -> None:
    (source,) = sources_of([{"statusCode": one} for one in values] or [{"statusCode": None}])
    assert steps_for(STATUS, source) == steps
