"""Each kind of step, by examples: what it makes, and what it refuses, in words."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from connectors import steps as s
from connectors.errors import MappingFailed, MissingRow
from connectors.steps import AnyStep
from tests.mapping.applied import apply_steps

D = Decimal

MADE: list[tuple[Any, AnyStep, Any]] = [
    # Text
    (True, s.ToText(), "true"),
    (9007199254740993, s.ToText(), "9007199254740993"),
    ("  a b ", s.Trim(), "a b"),
    ("   ", s.Trim(), None),
    ("o'neil mcDONALD-smith", s.TitleCase(), "O'neil Mcdonald-Smith"),
    ("a.b.c", s.Replace(".", "-"), "a-b-c"),
    (42, s.Pad(5), "00042"),
    ("ab", s.Pad(4, " ", "right"), "ab  "),
    ("123456", s.Pad(5), "123456"),
    ("straße", s.Fit(5), "straß"),
    ("straße", s.Fit(5, "bytes"), "stra"),
    ("straße", s.Fit(6, "bytes"), "straß"),
    ("Crème Brûlée & Co.", s.Slug(), "creme-brulee-co"),
    ("***", s.Slug(), None),
    (["a", None, " ", "b"], s.Join(", "), "a, b"),
    ([], s.Join(), None),
    ([1, True], s.Join("-"), "1-true"),
    ("alone", s.Join(), "alone"),
    ("a, b,,c", s.Split(), ["a", "b", "c"]),
    ("a, b,,c", s.Split(keep_empty=True), ["a", "b", "", "c"]),
    ("a/b/c", s.Split("/", 2), "b"),
    ("a/b/c", s.Split("/", -1), "c"),
    ("a/b/c", s.Split("/", 4), None),
    ("x", s.Template("{value}-{a.b}{{!}}"), "x-deep{!}"),
    (None, s.Template("{first} {missing}"), "Mara"),
    # Numbers
    ("12.50", s.ToDecimal(), D("12.50")),
    ("1,234,567.8", s.ToDecimal(thousands=","), D("1234567.8")),
    ("1.234.567,8", s.ToDecimal(",", "."), D("1234567.8")),
    ("-12,5", s.ToDecimal(","), D("-12.5")),
    ("1\u202f234,5", s.ToDecimal(",", " "), D("1234.5")),
    ("1'234", s.ToDecimal(thousands="'"), D(1234)),
    ("2.0", s.ToWhole(), 2),
    ("2.5", s.ToNumber(), 2.5),
    ("0.125", s.Round(2), D("0.12")),
    ("0.135", s.Round(2), D("0.14")),
    ("0.125", s.Round(2, "half_up"), D("0.13")),
    ("-0.121", s.Round(2, "up"), D("-0.13")),
    ("-0.129", s.Round(2, "down"), D("-0.12")),
    ("-1234567890123456789012345678901.5", s.Absolute(), D("1234567890123456789012345678901.5")),
    ("1", s.ConvertUnit("g", "lb"), D("453.59237")),
    ("180", s.ConvertUnit("kg", "g"), D("0.18")),
    ("1", s.ConvertUnit("oz", "g", places=4), D("0.0353")),
    ("72", s.ConvertUnit("ft", "in"), D(6)),
    ("3", s.ConvertUnit("cm", unit_path="unit"), D("7.62")),
    (2, s.Calculate("double(value) * 1.1"), D("2.2")),
    ("3", s.Calculate("record.a.b + value"), "deep3"),
    # Money
    ("10", s.ConvertMoney("INR", "USD"), D("884.12")),
    ("10", s.ConvertMoney("INR", currency_path="currency", places=3), D("884.125")),
    ("10.005", s.ConvertMoney("USD", "USD"), D("10.005")),
    (" eur ", s.ToCurrency(), "EUR"),
    # Choices
    ("here", s.Lookup("carriers"), "known"),
    ("x", s.Lookup("carriers", "other"), "other"),
    (5, s.When("value > 4", "much"), "much"),
    (3, s.When("value > 4", "much"), 3),
    (None, s.When("record.currency == 'USD'", "us", "other"), "us"),
    # Addresses and names
    ("12 Long Street Name Flat 9", s.FitLines(16, 2), ["12 Long Street", "Name Flat 9"]),
    (["Flat 9", None, "12 Long Street"], s.FitLines(16, 3), ["Flat 9", "12 Long Street"]),
    (["Flat 9", "12", "High St"], s.FitLines(16, 2), ["Flat 9 12 High", "St"]),
    ("12 Long Street Name", s.FitLines(16, 2, 2), "Name"),
    ("short", s.FitLines(16, 2, 2), None),
    ("a b c d", s.FitLines(3, 1, too_long="cut"), ["a b"]),
    ("Vincent van Gogh", s.NamePart("last"), "van Gogh"),
    ("Vincent van Gogh", s.NamePart("first"), "Vincent"),
    ("Mohammed bin Salman", s.NamePart("last"), "bin Salman"),
    ("Maria de la Cruz", s.NamePart("first"), "Maria"),
    ("Gogh, Vincent van", s.NamePart("first"), "Vincent van"),
    ("Martin Luther King Jr.", s.NamePart("last"), "King Jr."),
    ("Dr. Ludwig von Mises", s.NamePart("first"), "Ludwig"),
    ("Van Morrison", s.NamePart("first"), "Van"),
    ("Madonna", s.NamePart("last"), "Madonna"),
    ("Madonna", s.NamePart("first"), None),
    (["Mara", "Lind"], s.FullName(), "Mara Lind"),
    (["Mara", "Lind"], s.FullName("last_first"), "Lind, Mara"),
    ([None, "Lind"], s.FullName("last_first"), "Lind"),
    ("98765 43210", s.ToPhone("IN"), "+919876543210"),
    ("(207) 555-0142", s.ToPhone(country_path="country"), "+12075550142"),
    ("12", s.ToPhone("IN", invalid="keep"), "12"),
    ("12", s.ToPhone("IN", invalid="empty"), None),
    ("USA", s.ToCountry(), "US"),
    ("Great Britain", s.ToCountry("alpha_3"), "GBR"),
    ("South Korea", s.ToCountry("numeric"), "410"),
    ("kr", s.ToCountry("name"), "South Korea"),
    ("Côte d’Ivoire".replace("’", "'"), s.ToCountry(), "CI"),  # noqa: RUF001
    ("276", s.ToCountry(), "DE"),
    ("Türkiye", s.ToCountry("alpha_3"), "TUR"),
    ("Maharashtra", s.ToRegion(country="IN"), "MH"),
    ("Orissa", s.ToRegion(country="IN"), "OD"),
    ("us-ca", s.ToRegion("name", country="US"), "California"),
    ("Maine", s.ToRegion(country_path="country"), "ME"),
    ("Atlantis", s.ToRegion(country="IN", unknown="keep"), "Atlantis"),
]
BESIDE = {"a": {"b": "deep"}, "first": "Mara", "unit": "inches", "currency": "USD", "country": "US"}


@pytest.mark.parametrize(("value", "step", "made"), MADE, ids=str)
def test_it_makes(value: Any, step: AnyStep, made: Any) -> None:
    found = apply_steps(value, step, **BESIDE)
    assert found == made
    assert type(found) is type(made)


REFUSED: list[tuple[Any, AnyStep, str]] = [
    (["a"], s.Trim(), "is a list, not one value"),
    ({"a": 1}, s.ToText(), "is an object, not one value"),
    (["a"], s.Choose({"a": 1}), "is a list, not one value"),
    (None, s.Template("{missing}", strict=True), "has nothing for {missing} of the template"),
    (None, s.Template("{a}"), "cannot fill {a} of the template, which is an object"),
    ("1.234,5", s.ToDecimal(), "is not a number"),
    ("1,23,456", s.ToDecimal(thousands=","), "is not a number that is written so"),
    ("1_000", s.ToDecimal(), "is not a number"),
    ("NaN", s.ToDecimal(), "is not a number"),
    ("-Infinity", s.ToMoney(), "is not a number"),
    ("1e999999999", s.ToWhole(), "has more than 40 digits"),
    ("1e-999999", s.Round(), "has more than 40 digits"),
    (True, s.ToDecimal(), "is not a number"),
    ("12.345", s.ToMoney(), "has more than 2 decimals"),
    ("3", s.ConvertUnit("kg", unit_path="unit"), "is a length in in, which has no size in kg"),
    ("3", s.ConvertUnit("kg", unit_path="first"), "is in «mara», a unit that is not known"),
    ("3", s.ConvertUnit("kg", unit_path="missing"), "has no unit: missing is empty"),
    ("1", s.ConvertMoney("EUR", "USD"), "needs a rate from USD to EUR on 2026-11-01"),
    ("1", s.ConvertMoney("INR", "USD", day_path="day"), "from USD to INR on 2026-10-31"),
    ("1", s.ConvertMoney("INR", currency_path="first"), "is in «MARA», which is not the code"),
    ("EUX", s.ToCurrency(), "is not the code of a currency"),
    ("12", s.ToPhone("IN"), "is not a phone number in IN"),
    ("98765 43210", s.ToPhone(), "is not a phone number; nor is there a region"),
    ("Atlantis", s.ToCountry(), "is not a country that is known"),
    ("Atlantis", s.ToRegion(country="IN"), "is not a region of IN"),
    ("a b c d", s.FitLines(3, 1), "does not fit on 1 lines of 3 characters"),
    ("Mara", s.When("value > 4", 1), "has no answer to the condition"),
    ("Mara", s.When("record.nope == 4", 1), "The record has no nope"),
    (1, s.Calculate("1.0 / 0.0"), "gives nothing that can be written"),
    (1, s.Calculate("1 / 0"), "cannot be calculated with: division by zero"),
    (["a"], s.FullName(), "is not a list of a first and a last name"),
]


@pytest.mark.parametrize(("value", "step", "words"), REFUSED, ids=str)
def test_it_refuses_in_words(value: Any, step: AnyStep, words: str) -> None:
    with pytest.raises(MappingFailed) as caught:
        apply_steps(value, step, day="2026-10-31T10:00:00Z", **BESIDE)
    assert words in caught.value.message
    assert (caught.value.line, caught.value.step) == ("it", 1)
    assert f"(step 1, {step.label})" in caught.value.message


def test_it_waits_for_a_row() -> None:
    with pytest.raises(MissingRow) as caught:
        apply_steps("new", s.Lookup("carriers"))
    assert (caught.value.table, caught.value.key) == ("carriers", "new")


TIMES: list[tuple[Any, s.ToTime, datetime]] = [
    ("2026-11-01T10:00:00+05:30", s.ToTime(), datetime(2026, 11, 1, 4, 30, tzinfo=UTC)),
    ("2026-11-01 10:00", s.ToTime(zone="Asia/Kolkata"), datetime(2026, 11, 1, 4, 30, tzinfo=UTC)),
    (
        "01.11.2026 10:00",
        s.ToTime("pattern", "%d.%m.%Y %H:%M", "Europe/Berlin"),
        datetime(2026, 11, 1, 9, tzinfo=UTC),
    ),
    (1793500200, s.ToTime("seconds"), datetime(2026, 11, 1, 2, 30, tzinfo=UTC)),
    ("1793500200500", s.ToTime("milliseconds"), datetime(2026, 11, 1, 2, 30, 0, 500_000, UTC)),
    (-1, s.ToTime("seconds"), datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
    # The clock shows 02:30 twice that night: the first of the two, still in summer time.
    (
        "2026-10-25T02:30:00",
        s.ToTime(zone="Europe/Berlin"),
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    ),
    # It never shows 02:30 that night: an hour later, which is 03:30.
    (
        "2026-03-29T02:30:00",
        s.ToTime(zone="Europe/Berlin"),
        datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    ),
    ("9999-12-31T23:59:59Z", s.ToTime(), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
]


@pytest.mark.parametrize(("value", "step", "moment"), TIMES, ids=str)
def test_it_reads_times(value: Any, step: s.ToTime, moment: datetime) -> None:
    assert apply_steps(value, step) == moment


NO_TIMES: list[tuple[Any, AnyStep, str]] = [
    ("0000-01-01T00:00:00Z", s.ToTime(), "has the year 0"),
    ("2016-12-31T23:59:60Z", s.ToTime(), "is a leap second"),
    ("9999-12-31T23:59:59-05:00", s.ToTime(), "is outside the years 1 to 9999"),
    ("0001-01-01T00:00:00+05:00", s.ToTime(), "is outside the years 1 to 9999"),
    ("9999-12-31T23:59:59Z", s.FormatTime(zone="Asia/Kolkata"), "is outside the years"),
    ("2026-02-30", s.ToTime(), "is not a time"),
    ("yesterday", s.ToTime(), "is not a time"),
    ("2026-11-01", s.ToTime("pattern", "%d.%m.%Y"), "is not a time that is written as %d.%m.%Y"),
    ("99999999999999", s.ToTime("seconds"), "is outside the years 1 to 9999"),
    ("2026-10-25T02:30:00", s.ToTime(zone="Europe/Berlin", strict=True), "shows twice"),
    ("2026-03-29T02:30:00", s.ToTime(zone="Europe/Berlin", strict=True), "skips"),
    ([2026], s.ToTime(), "is not a time"),
    (True, s.FormatTime(), "is not a time"),
]


@pytest.mark.parametrize(("value", "step", "words"), NO_TIMES, ids=str)
def test_it_refuses_what_is_no_time(value: Any, step: AnyStep, words: str) -> None:
    with pytest.raises(MappingFailed, match=words):
        apply_steps(value, step)


def test_it_writes_times_in_a_zone() -> None:
    moment = "2026-11-01T20:00:00Z"
    assert apply_steps(moment, s.FormatTime("%d.%m.%Y %H:%M %z", "Asia/Kolkata")) == (
        "02.11.2026 01:30 +0530"
    )
    assert apply_steps("0033-04-03T00:00:00Z", s.FormatTime("%%%Y-%m-%d")) == "%0033-04-03"
    assert apply_steps(moment, s.FormatEpoch()) == 1793563200
    assert apply_steps(moment, s.FormatEpoch("milliseconds")) == 1793563200000
