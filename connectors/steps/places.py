"""Steps for countries and their regions, by ISO 3166."""

import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal

import pycountry
from msgspec import Meta

from connectors.steps.paths import check_path, look_up
from connectors.steps.step import Here, Step, word_of

# What shops and people write besides the names that pycountry knows.
OTHER_NAMES = {
    "usa": "US", "u.s.a.": "US", "u.s.": "US", "united states of america": "US", "america": "US",
    "uk": "GB", "u.k.": "GB", "great britain": "GB", "britain": "GB", "england": "GB",
    "scotland": "GB", "wales": "GB", "northern ireland": "GB",
    "uae": "AE", "u.a.e.": "AE", "emirates": "AE", "ksa": "SA",
    "south korea": "KR", "korea": "KR", "republic of korea": "KR", "north korea": "KP",
    "russia": "RU", "vietnam": "VN", "laos": "LA", "syria": "SY", "iran": "IR", "brunei": "BN",
    "moldova": "MD", "bolivia": "BO", "venezuela": "VE", "tanzania": "TZ", "taiwan": "TW",
    "macau": "MO", "macao": "MO", "palestine": "PS", "czech republic": "CZ", "holland": "NL",
    "the netherlands": "NL", "ivory coast": "CI", "cape verde": "CV", "swaziland": "SZ",
    "macedonia": "MK", "burma": "MM", "turkey": "TR", "turkiye": "TR", "east timor": "TL",
    "vatican": "VA", "kosovo": "XK", "deutschland": "DE", "espana": "ES", "bharat": "IN",
    "congo-kinshasa": "CD", "drc": "CD", "congo-brazzaville": "CG", "hong kong sar": "HK",
    "micronesia": "FM", "falkland islands": "FK", "british virgin islands": "VG",
    "us virgin islands": "VI", "u.s. virgin islands": "VI", "st. martin": "MF",
}  # fmt: skip
# Regions by names that went out of use, or that people shorten.
OTHER_REGIONS = {
    ("IN", "orissa"): "OD", ("IN", "pondicherry"): "PY", ("IN", "uttaranchal"): "UK",
    ("IN", "new delhi"): "DL", ("IN", "ut"): "UK", ("IN", "or"): "OD", ("IN", "tg"): "TS",
    ("US", "washington dc"): "DC", ("US", "washington d.c."): "DC",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Country:
    alpha_2: str
    alpha_3: str
    numeric: str
    name: str


KOSOVO = Country("XK", "XKX", "983", "Kosovo")  # which ISO leaves to its users


def folded(text: str) -> str:
    """Small letters without accents, for names to be compared by."""
    plain = unicodedata.normalize("NFKD", text)
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).lower().split())


@cache
def _countries() -> dict[str, Country]:
    """By every code and every name, folded."""
    found: dict[str, Country] = {"xk": KOSOVO, "xkx": KOSOVO, "983": KOSOVO}
    for one in pycountry.countries:
        name = getattr(one, "common_name", one.name)
        country = Country(one.alpha_2, one.alpha_3, one.numeric, name)
        names = {one.name, name, getattr(one, "official_name", one.name)}
        for key in (one.alpha_2, one.alpha_3, one.numeric, one.numeric.lstrip("0"), *names):
            found[folded(key)] = country
        before, comma, _ = name.partition(",")
        if comma:
            found.setdefault(folded(before), country)
    for other, code in OTHER_NAMES.items():
        found[other] = found[code.lower()]
    return found


def country_of(text: str) -> Country | None:
    key = folded(text)
    return _countries().get(key) or _countries().get(key.replace(" & ", " and "))


class ToCountry(Step, frozen=True, tag="country"):
    """A country by its name or one of its codes, as the code or the name that is wanted. «USA»,
    «Great Britain» and their like are known; what is not known is refused."""

    label, group = "As a country", "Addresses"

    form: Annotated[
        Literal["alpha_2", "alpha_3", "numeric", "name"],
        Meta(title="As", description="DE, DEU, 276 or Germany."),
    ] = "alpha_2"

    def apply(self, value: Any, here: Here) -> str | None:
        text = word_of(value)
        if not text.strip():
            return None
        found = country_of(text)
        if found is None:
            raise ValueError("is not a country that is known")
        return str(getattr(found, self.form))


class ToRegion(Step, frozen=True, tag="region"):
    """A state, province or other part of a country, by its name or its code, as the code of ISO
    3166-2 without the country (MH, CA), or as its name. What is not known there is refused, or
    kept."""

    label, group = "As a region", "Addresses"

    form: Annotated[Literal["code", "name"], Meta(title="As")] = "code"
    country: Annotated[str, Meta(title="Country", pattern="^([A-Z]{2})?$", examples=["IN"])] = ""
    country_path: Annotated[
        str,
        Meta(
            title="or the country at",
            description="A path beside the value, or in the whole record; the country above"
            " serves where it is empty.",
            max_length=1000,
            examples=["shipping_address.country"],
        ),
    ] = ""
    unknown: Annotated[Literal["refuse", "keep"], Meta(title="What is not known")] = "refuse"

    def check(self) -> None:
        if not (self.country or self.country_path):
            raise ValueError("needs the country, or the path to it")
        check_path(self.country_path)
        if self.country and country_of(self.country) is None:
            raise ValueError(f"names the country «{self.country}», which there is not")

    def apply(self, value: Any, here: Here) -> str | None:
        text = word_of(value).strip()
        if not text:
            return None
        country = self._country(here)
        code = region_code(country, text)
        if code is None:
            if self.unknown == "keep":
                return text
            raise ValueError(f"is not a region of {country or 'any country: none is given'}")
        return code if self.form == "code" else _regions(country)[1][code]

    def _country(self, here: Here) -> str:
        if self.country_path:
            found = look_up(self.country_path, here)
            if found is not None:
                known = country_of(word_of(found))
                if known is None:
                    raise ValueError(f"is in «{word_of(found)[:40]}», which is not a country")
                return known.alpha_2
        return self.country


@cache
def _regions(country: str) -> tuple[dict[str, str], dict[str, str]]:
    """Code by folded name or code, and name by code."""
    by_name: dict[str, str] = {}
    names: dict[str, str] = {}
    for one in (one for one in pycountry.subdivisions if one.country_code == country):
        code = one.code.partition("-")[2]
        names[code] = one.name
        by_name.setdefault(folded(one.name), code)
    by_name |= {code.lower(): code for code in names}
    for (where, name), code in OTHER_REGIONS.items():
        if where == country and code in names:
            by_name.setdefault(name, code)
    return by_name, names


def region_code(country: str, text: str) -> str | None:
    key = folded(text)
    prefix = f"{country.lower()}-"
    return _regions(country)[0].get(key.removeprefix(prefix) if country else key)
