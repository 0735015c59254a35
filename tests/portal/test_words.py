"""The sentences and lights, as tables."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flows.models import BulkState, ShadowState, VersionState
from flows.queries.deliveries import diff
from flows.queries.exchanges import pretty
from flows.queries.home import answer
from flows.queries.money import show_money
from flows.queries.needs import Ending, Facts, judge
from flows.queries.orders import worst
from flows.queries.spans import span
from flows.state_words import DELIVERY, VERSION, WORK
from flows.states import State
from portal.templatetags.show import in_sentence
from portal.web.words import TONES, ago
from tests.portal.build import standard_order

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHOP = Ending("con_1", "Shop", "active", "")
ERP = Ending("con_2", "ERP", "active", "")
REFUSED = Ending("con_2", "ERP", "needs_reauthorization", "The token was revoked.")
PAUSED = Ending("con_1", "Shop", "paused", "")
DOUBTFUL = Ending("con_2", "ERP", "active", "", ("Orders",), NOW - timedelta(days=1))


@pytest.mark.parametrize(
    ("facts", "light", "why", "met"),
    [
        ({}, "on", "", 4),
        ({"has_succeeded": False}, "quiet", "Nothing has come through yet.", 3),
        ({"dead_reason": "No SKU.", "dead_code": "rejected"}, "broken", "No SKU.", 3),
        ({"dead_reason": "No SKU.", "dead_code": "mapping_failed"}, "broken", "No SKU.", 3),
        ({"source": PAUSED}, "held", "Shop is paused.", 3),
        (
            {"target": REFUSED, "dead_reason": "No SKU."},
            "broken",
            "ERP needs authorisation: The token was revoked.",
            2,
        ),
        ({"is_on": False, "target": REFUSED}, "off", "", 2),
        ({"lacking": 2}, "held", "2 records wait for a row of a table.", 3),
        (
            {"feeder": ("Orders", "flw_1")},
            "held",
            "It gets only what the rules of «Orders» send it, and that flow is off.",
            3,
        ),
        ({"poll": "It is down."}, "held", "Shop could not be read: It is down.", 3),
        ({"target": DOUBTFUL}, "held", "The last check of ERP did not pass: Orders.", 3),
        ({"target": DOUBTFUL, "last_success_at": NOW}, "on", "", 4),
    ],
)
def test_it_earns_the_light(facts: dict[str, Any], light: str, why: str, met: int) -> None:
    """Green only when all four are met."""
    well: dict[str, Any] = {"is_on": True, "source": SHOP, "target": ERP, "has_succeeded": True}
    found = judge(Facts(**well | facts))
    assert (found.light.state, found.light.why) == (light, why)
    assert sum(need.is_met for need in found.needs) == met
    assert (found.light.state == "on") == (met == 4)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Show the ERP's order number", "show the ERP's order number"),
        ("TLS certificate", "TLS certificate"),
        ("", ""),
    ],
)
def test_a_label_goes_into_a_sentence(label: str, expected: str) -> None:
    assert in_sentence(label) == expected


def test_it_says_when_there_is_nothing_yet() -> None:
    assert answer([], [], []) == "There are no flows yet."


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (2, "now"),
        (59, "59 s ago"),
        (60, "1 min ago"),
        (7300, "2 h ago"),
        (90_000, "1 d ago"),
        (-120, "in 2 min"),
    ],
)
def test_it_says_how_long_ago(seconds: int, expected: str) -> None:
    assert ago(NOW - timedelta(seconds=seconds), NOW) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.42, "420 ms"), (1.26, "1.3 s"), (720, "12 min"), (7200, "2 h")]
)
def test_it_says_how_long_it_took(seconds: float, expected: str) -> None:
    assert span(seconds) == expected


def test_it_has_a_word_for_every_state() -> None:
    assert {state.value for state in State} <= TONES.keys()


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (("succeeded", "dead"), "dead"),
        (("succeeded", "parked"), "parked"),
        (("succeeded", "unchanged"), "succeeded"),
        ((), "none"),
    ],
)
def test_it_calls_an_order_by_its_worst_state(states: tuple[str, ...], expected: str) -> None:
    assert worst(states) == expected


def test_it_adds_the_money_up() -> None:
    money = show_money(standard_order("1001", "a@shopper.example"))
    assert money is not None
    assert money.totals == [
        ("Lines", "100.00"),
        ("Discounts", "-10.00"),
        ("Shipping", "10.00"),
        ("Tax", "18.00"),
        ("Total", "118.00"),
    ]
    assert money.lines[0].amount == "90.00"


@pytest.mark.parametrize("standard", [None, {}, {"total": "1"}, {"total": "x", "number": "1"}])
def test_it_shows_no_money_where_there_is_no_order(standard: dict[str, str] | None) -> None:
    assert show_money(standard) is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"a":10.10}', '{\n  "a": 10.10\n}'),
        (b"<xml/>", "<xml/>"),
        (b"\xff", "\ufffd"),
        ("", ""),
    ],
)
def test_it_makes_payloads_readable_and_changes_no_number(content: object, expected: str) -> None:
    assert pretty(content) == expected


def test_it_tells_what_changed() -> None:
    kinds = [(line.kind, line.text.strip()) for line in diff({"a": 1, "b": 2}, {"a": 1, "b": 3})]
    assert ("gone", '"b": 2') in kinds and ("new", '"b": 3') in kinds


def test_each_state_has_words() -> None:
    assert set(DELIVERY) == set(State) and set(VERSION) == set(VersionState)
    assert set(WORK) == {*BulkState} and set(WORK) == {*ShadowState}
