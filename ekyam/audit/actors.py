"""Who acts now. The doors say so, as they say whose rows are seen; a worker is Ekyam itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    PERSON = "person"
    KEY = "key"
    APPLICATION = "application"
    STAFF = "staff"  # Ekyam's own, who look at what a company sees
    EKYAM = "ekyam"


@dataclass(frozen=True)
class Actor:
    """`id` is a public or external id, `address` the IP address that the request came from."""

    kind: Kind
    id: str
    label: str
    address: str = ""


EKYAM = Actor(Kind.EKYAM, "", "Ekyam")
_current: ContextVar[Actor] = ContextVar("ekyam_actor", default=EKYAM)


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    token = _current.set(actor)
    try:
        yield
    finally:
        _current.reset(token)


def current_actor() -> Actor:
    return _current.get()
