"""What goes over the wire: a request, its answer, and what that tells of the rate budget."""

import dataclasses
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from typing import Any

import msgspec

from connectors.errors import UnexpectedResponse


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; at most one of json, form and body is set.

    `path` is joined to the connection's base address unless it is absolute. `writes` says that
    the remote system changes by it: then a lost answer leaves the delivery in doubt. `cost` is
    what it takes from the connection's rate budget, in the vendor's own points.
    """

    method: str
    path: str
    params: Dict[str, str] = field(default_factory=dict)
    json: Any = None
    form: Dict[str, str] | None = None
    body: bytes | None = None
    headers: Dict[str, str] = field(default_factory=dict)
    writes: bool = False
    cost: float = 1.0
    deadline_seconds: float = 30.0

    def with_headers(self, headers: Dict[str, str]) -> "Request":
        return dataclasses.replace(self, headers={**self.headers, **headers})

    def content(self) -> bytes:
        """The bytes that go out, the same for the signature and for the wire."""
        from urllib.parse import urlencode

        if self.json is not None:
            return msgspec.json.encode(self.json, enc_hook=_encode)
        if self.form is not None:
            return urlencode(self.form).encode()
        return self.body or b""

    def content_type(self) -> str:
        if self.json is not None:
            return "application/json"
        return "application/x-www-form-urlencoded" if self.form is not None else ""


def _encode(value: Any) -> Any:
    raise TypeError(f"{type(value).__name__} has no form in JSON")


@dataclass(frozen=True, slots=True)
class Response:
    """An answer of the remote system; header names are lower case."""

    status: int
    headers: Dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError as error:
            start = self.body[:200].decode(errors="replace")
            raise UnexpectedResponse("The answer is not JSON.", detail=start) from error


@dataclass(frozen=True, slots=True)
class Meter:
    """What an answer tells of the account's rate budget, in the vendor's own points.

    `available` of `most` are left now, `per_second` come in; `cost` is what the request took.
    """

    available: float
    most: float
    per_second: float
    cost: float | None = None
