"""What holds of every value and every parameter: found by Hypothesis, not by examples."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, get_args

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from connectors import steps as s
from connectors.errors import Failure
from connectors.lines import Line, Mapping
from connectors.spec import Context
from connectors.steps import AnyStep, Step
from connectors.steps.names import TITLES, names_of
from connectors.steps.numbers import rounded
from connectors.steps.units import Unit
from flows.mapping.compile import compile_mapping
from flows.mapping.parse import LogicInvalid, parse_logic, parse_mapping
from tests.mapping.applied import apply_steps

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**50, max_value=10**60)
    | st.floats()
    | st.decimals()
    | st.text(max_size=40)
    | st.sampled_from(["NaN", "1e400", "0000-01-01", "2026-11-01", "12:60", "{", "-", "٣", "\0"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
STEPS: list[Step] = [
    *(s.ToText(), s.Trim(), s.Upper(), s.Lower(), s.TitleCase(), s.Replace("a", "b"), s.Pad(9)),
    *(s.Fit(3), s.Fit(3, "bytes"), s.Slug(), s.Join(), s.Split(), s.Split(",", -1)),
    *(s.Template("{value} {it} {nope.a}"), s.Template("{value}", strict=True)),
    *(s.ToDecimal(), s.ToDecimal(",", "."), s.ToWhole(), s.ToNumber(), s.ToMoney(), s.Round(0)),
    *(s.Absolute(), s.ToBoolean(), s.ConvertUnit("kg", "lb"), s.ConvertUnit("m", unit_path="it")),
    *(s.Calculate("value + 1"), s.When("value > 1", 1), s.When("record.it == value", "x")),
    *(s.ToTime(), s.ToTime("seconds"), s.ToTime("milliseconds", zone="Asia/Kolkata")),
    *(s.ToTime("pattern", "%d.%m.%Y %H:%M %z"), s.ToTime(zone="Europe/Berlin", strict=True)),
    *(s.FormatTime("%d.%m.%Y %p", "America/Lima"), s.FormatEpoch(), s.Default(0), s.Constant([1])),
    *(s.Setting("channel"), s.Choose({"true": 1}), s.Lookup("carriers"), s.LinkTo("order")),
    *(s.ToCurrency(), s.ConvertMoney("INR", "USD"), s.ConvertMoney("INR", currency_path="it")),
    *(s.FitLines(5), s.FitLines(5, 3, 2, "cut"), s.NamePart("first"), s.NamePart("last")),
    *(s.FullName(), s.FullName("last_first"), s.ToPhone("IN"), s.ToPhone(country_path="it")),
    *(s.ToCountry(), s.ToRegion(country="IN"), s.ToRegion(country_path="it"), s.Function("no")),
]
CHAINS = st.lists(st.sampled_from(STEPS), max_size=4).map(tuple)


def test_it_tries_every_kind() -> None:
    assert {type(step) for step in STEPS} == set(get_args(AnyStep))


@settings(max_examples=600, deadline=None)
@given(value=VALUES, steps=CHAINS, required=st.booleans())
def test_it_fails_in_no_other_way(value: Any, steps: Any, required: bool) -> None:
    """A value, or a Failure of the vocabulary that names the line."""
    line = Line("it", "it", steps, required=required)
    try:
        found = compile_mapping(Mapping((line,)))({"it": value}, Context())
    except Failure as failure:
        assert failure.message
        assert getattr(failure, "line", "it") == "it"
    else:
        assert not required or found.get("it") not in (None, "", [], {})


@settings(max_examples=200, deadline=None)
@given(steps=CHAINS, target=st.sampled_from(["it", "a.b"]), source=st.sampled_from(["", "a || b"]))
def test_it_is_the_same_after_a_round_trip(steps: Any, target: str, source: str) -> None:
    mapping = Mapping((Line(target, source, steps),))
    data = msgspec.json.decode(msgspec.json.encode(mapping))
    if not any(isinstance(step, s.Function) for step in steps):
        assert parse_mapping(data) == mapping
    assert msgspec.convert(data, Mapping) == mapping


@settings(max_examples=300, deadline=None)
@given(data=VALUES, within=st.sampled_from(["", "lines", "steps", "rules", "when"]))
def test_it_says_of_any_data_what_is_wrong(data: Any, within: str) -> None:
    line = {"target": "a", "source": "a"}
    rule = {"name": "a", "then": [{"kind": "tag", "tag": "x"}], "when": {"kind": "all", "of": []}}
    whole = {
        "": data,
        "lines": {"reader": {"lines": data}},
        "steps": {"reader": {"lines": [{**line, "steps": data}]}},
        "rules": {"rules": data},
        "when": {"rules": [{**rule, "when": data}]},
    }[within]
    try:
        parse_logic(whole)
    except LogicInvalid as error:
        assert error.problems


@given(text=st.text(), length=st.integers(1, 50), count=st.sampled_from(["characters", "bytes"]))
def test_it_never_exceeds_what_fits(text: str, length: int, count: Any) -> None:
    found = s.Fit(length, count).apply(text, None)  # type: ignore[arg-type]
    assert (len(found) if count == "characters" else len(found.encode())) <= length
    assert text.startswith(found)


WORDS = st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12))


@given(texts=st.lists(WORDS.map(" ".join), max_size=4), length=st.integers(1, 20))
def test_it_loses_no_word_of_an_address(texts: list[str], length: int) -> None:
    lines = s.FitLines(length, 20, too_long="cut").apply(texts, None)  # type: ignore[arg-type]
    assume(len(lines) < 20)
    assert all(0 < len(line) <= length for line in lines)
    assert "".join(lines).replace(" ", "") == "".join(texts).replace(" ", "")
    words = [word for text in texts for word in text.split()]
    if all(len(word) <= length for word in words):
        assert " ".join(lines).split() == words


@given(name=WORDS.map(" ".join))
def test_it_loses_no_word_of_a_name(name: str) -> None:
    first, last = names_of(name)
    kept = sorted(word for word in name.split() if word.lower() not in TITLES)
    found = sorted(word for word in f"{first} {last}".split() if word.lower() not in TITLES)
    assert found == kept


PHONES = st.sampled_from(
    ["+9198765432{:02}", "98765432{:02}", "(207) 555-01{:02}", "+44 20 7946 09{:02}"]
)


@given(form=PHONES, number=st.integers(0, 99), region=st.sampled_from(["IN", "US", "GB"]))
def test_it_leaves_a_written_phone_as_it_is(form: str, number: int, region: str) -> None:
    first = apply_steps(form.format(number), s.ToPhone(region, invalid="empty"))
    assume(first is not None)
    assert first[0] == "+" and first[1:].isdigit()
    for other in ("", "US", "IN", "DE"):
        assert apply_steps(first, s.ToPhone(other)) == first


NOW = datetime(2026, 11, 1, tzinfo=UTC)
MONEY = st.decimals(-(10**9), 10**9, places=4)


@given(value=MONEY, pair=st.permutations(get_args(Unit)))
def test_it_converts_a_unit_and_back(value: Decimal, pair: Any) -> None:
    unit, to = pair[:2]
    try:
        s.ConvertUnit(to, unit).check()
    except ValueError:
        return
    there = apply_steps(value, s.ConvertUnit(to, unit))
    assert abs(apply_steps(there, s.ConvertUnit(unit, to)) - value) <= Decimal("1e-15")


@given(amount=MONEY, rate=st.decimals("0.01", 1000, places=4))
def test_it_converts_an_amount_and_back(amount: Decimal, rate: Decimal) -> None:
    rates = {("USD", "INR"): rate, ("INR", "USD"): 1 / rate}
    context = Context(find_rate=lambda base, quote, day: rates[base, quote], now=NOW)
    there, back = s.ConvertMoney("INR", "USD", places=6), s.ConvertMoney("USD", "INR", places=6)
    apply = compile_mapping(Mapping((Line("it", "it", (there, back)),)))
    within = Decimal("0.000001") + Decimal("0.000001") / rate + Decimal("1e-12")
    assert abs(apply({"it": amount}, context)["it"] - amount) <= within


@given(value=MONEY, places=st.integers(0, 6))
def test_it_rounds_to_the_nearest(value: Decimal, places: int) -> None:
    found = rounded(value, places)
    assert abs(found - value) <= Decimal(5).scaleb(-places - 1)
    assert rounded(found, places) == found
