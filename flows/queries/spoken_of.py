"""Which attributes of a record a refusal seems to speak of. Pure."""

import re
from collections.abc import Iterable

_WORD = re.compile(r"[a-z]+[0-9]?")
# What vendors call things that the standard calls otherwise.
_ALIKE = {
    "postcode": "postal_code",
    "zip": "postal_code",
    "zipcode": "postal_code",
    "pincode": "postal_code",
    "state": "region",
    "province": "region",
    "street": "line1",
    "mail": "email",
    "telephone": "phone",
    "mobile": "phone",
}
_TOO_COMMON = {
    "id",
    "line",
    "name",
    "code",
    "title",
    "status",
    "number",
    "note",
    "reference",
    "order",
}
_PLACE = re.compile(r"\[\d+\]")


def words_of(reason: str) -> set[str]:
    found = set(_WORD.findall(reason.lower()))
    return found | {_ALIKE[word] for word in found if word in _ALIKE}


def speaks_of(path: str, words: set[str]) -> bool:
    name = path.rsplit(".", 1)[-1]
    parts = {part for part in name.split("_") if part not in _TOO_COMMON}
    return name in words or (name not in _TOO_COMMON and bool(parts) and parts <= words)


def find_spoken_of(paths: Iterable[str], reason: str, line: str) -> list[str]:
    """Of these attributes those that a refusal names. `line` is where the mapping failed: itself,
    or what is below it. Of a name that stands in several places («city» of two addresses) only
    those in a place that is named as well; if none is, nobody knows which is meant."""
    at, words = _PLACE.sub("[]", line), words_of(reason)
    if at in (paths := list(paths)):
        return [at]
    spoken = [one for one in paths if _last(one) not in _TOO_COMMON and speaks_of(one, words)]
    below = [one for one in spoken if at and one.startswith((f"{at}.", f"{at}[]."))]
    return below or [one for one in spoken if _is_plain(one, spoken, words)]


def _is_plain(path: str, spoken: list[str], words: set[str]) -> bool:
    if sum(_last(one) == _last(path) for one in spoken) == 1:
        return True
    above = path.rpartition(".")[0].removesuffix("[]")
    return bool(above) and speaks_of(above, words)


def _last(path: str) -> str:
    return path.rsplit(".", 1)[-1]
