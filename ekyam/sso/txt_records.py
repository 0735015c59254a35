"""Reads TXT records by DNS over HTTPS: no resolver to install, and the one door to the outside."""

import re
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from ekyam.sso import remote

TXT = 16  # the number of the record type, RFC 1035
NO_SUCH_NAME = 3  # RFC 1035, 4.1.1
_PIECES = re.compile(r'"((?:[^"\\]|\\.)*)"')


class NoRecords(Exception):
    """The resolver cannot be asked, or could not find out."""


def read_txt(name: str) -> list[str]:
    """Return the texts of a name's TXT records, none for a name that has none. Raises NoRecords."""
    question = urlencode({"name": name, "type": "TXT"})
    try:
        answer = remote.get_json(f"{settings.DNS_URL}?{question}", accept="application/dns-json")
    except remote.NoAnswer as error:
        raise NoRecords(str(error)) from error
    if answer.get("Status") not in (0, NO_SUCH_NAME):
        raise NoRecords("The name servers of the domain do not answer.")
    rows = answer.get("Answer")
    return [_text(row) for row in rows if _is_txt(row)] if isinstance(rows, list) else []


def _is_txt(row: Any) -> bool:
    return isinstance(row, dict) and row.get("type") == TXT and isinstance(row.get("data"), str)


def _text(row: dict[str, str]) -> str:
    """A long text comes in pieces, each in quotes; a short one often without."""
    data = row["data"].strip()
    return "".join(_PIECES.findall(data)) if data.startswith('"') else data
