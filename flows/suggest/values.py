"""What a value looks like: an e-mail address, a SKU, a date, an amount, ..."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import phonenumbers
from phonenumbers.geodata.locale import LOCALE_DATA

from flows.suggest.words import general_words

LONGEST = 200

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_PATTERNS = {
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]{2,}"),
    "url": re.compile(r"https?://\S+", re.IGNORECASE),
    "number": re.compile(r"[-+]?\d{1,15}(\.\d+)?"),
    "money": re.compile(r"[-+]?\d{1,12}[.]\d{1,4}"),
    "sku": re.compile(r"(?=.*[A-Z])[A-Z0-9]+([-_./][A-Z0-9]+)+|(?=.*[A-Z])(?=.*\d)[A-Z0-9]{4,24}"),
    "awb": re.compile(r"(?=(\D*\d){6})[A-Z0-9]{9,22}"),
    "postcode": re.compile(
        r"\d{4,6}|\d{5}-\d{4}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d"
    ),
    "phone": re.compile(r"\+\d[\d\s().-]{6,18}|\(?\d{2,5}\)?[\s.-]\d[\d\s.-]{4,12}|\d{10,12}"),
    "date": re.compile(
        r"(19|20)\d\d-\d\d-\d\d([T ]\d\d:\d\d.*)?|(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])"
        r"|\d{1,2}[/. -]\d{1,2}[/. -](19|20)\d\d.*"
        rf"|([a-z]{{3}}, )?\d{{1,2}}(st|nd|rd|th)? {_MONTH},? (19|20)\d\d.*"
        rf"|{_MONTH} \d{{1,2}},? (19|20)\d\d.*",
        re.IGNORECASE,
    ),
    "iso_date": re.compile(r"(19|20)\d\d-\d\d-\d\d([T ]\d\d:\d\d.*)?"),
    "boolean": re.compile(r"true|false|t|f|y|n|yes|no|tyes|tno", re.IGNORECASE),
    "id": re.compile(r"\d{3,20}|[0-9a-f]{16,40}|[0-9a-f-]{36}|gid://\S+"),
    "document": re.compile(r"#?[A-Z]{1,6}[-_]?\d{2,12}([-_][A-Z\d]+)*|#\S{2,20}|\d{3,12}"),
    "words": re.compile(r"[^\W\d_][^\W_]*([ ,.'&()-]+[^\W_]+)+[.)]?"),
    "word": re.compile(r"[^\W\d_]{2,40}"),
    "code": re.compile(r"[A-Za-z0-9_-]{1,16}"),
    "street": re.compile(r"\d+\w? +[^\W\d_].*|.*[^\W\d_].* \d+\w?"),
}


_CLEARER = {"words": "sku", "phone": "date"}  # a look, and one that says more


def looks_of(value: Any) -> frozenset[str]:
    """The looks that one value has, none or several; never raises."""
    if isinstance(value, bool):
        return frozenset(("boolean",))
    text = str(value).strip()[:LONGEST]
    found = {look for look, pattern in _PATTERNS.items() if pattern.fullmatch(text)}
    found |= {look for look, check in _CHECKS.items() if check(text)}
    for look, clearer in _CLEARER.items():
        if clearer in found:
            found.discard(look)
    if isinstance(value, int | float):
        found -= {"phone", "postcode", "date", "iso_date", "word", "words"}
        found |= {"epoch"} if _is_epoch(text) else set()
        found |= {"bit"} if value in (0, 1) else set()
    return frozenset(found)


def is_gtin(text: str) -> bool:
    """8, 12, 13 or 14 digits of which the last is the check digit of GS1."""
    if not text.isascii() or not text.isdigit() or len(text) not in (8, 12, 13, 14):
        return False
    digits = [int(digit) for digit in reversed(text)]
    weighed = sum(digit * (3 if at % 2 else 1) for at, digit in enumerate(digits))
    return weighed % 10 == 0


def _is_epoch(text: str) -> bool:
    """Seconds or milliseconds between 2001 and 2100."""
    is_number = text.isascii() and text.isdigit() and len(text) <= 13
    return is_number and any(10**9 <= int(text) / unit < 4_102_444_800 for unit in (1, 1000))


@cache
def _country_names() -> frozenset[str]:
    # A name that begins with a star is the one in the language that follows.
    named = [(told, told.get("en", "")) for told in LOCALE_DATA.values()]
    names = {told.get(name[1:], "") if name[:1] == "*" else name for told, name in named}
    names = {name.casefold() for name in names}
    return frozenset(names | {"usa", "uk", "great britain", "england", "uae"})


def _is_country(text: str) -> bool:
    return text in phonenumbers.SUPPORTED_REGIONS or text.casefold() in _country_names()


_CHECKS: dict[str, Callable[[str], bool]] = {
    "gtin": is_gtin,
    "country": _is_country,
    "currency": lambda text: text in general_words().currencies,
    "unit": lambda text: text.casefold() in general_words().units,
    "small": lambda text: bool(re.fullmatch(r"\d{1,3}(\.0+)?", text)),
    "fraction": lambda text: bool(re.fullmatch(r"0?\.\d+|\d{1,2}(\.\d+)?%?", text)),
    "html": lambda text: text.startswith("<") and ">" in text,
}
