"""The web process's own entrance: machines are let in before the middleware of people."""

import gc
import io
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

from ekyam.collector import MANY
from ekyam.wsgi import application


def knock(method: str, path: str, body: bytes = b"{}") -> tuple[str, dict[str, str], bytes]:
    environ: dict[str, Any] = {"REQUEST_METHOD": method, "PATH_INFO": path}
    setup_testing_defaults(environ)
    environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    told: list[Any] = []
    answer = application(environ, lambda *head: told.extend(head))
    return told[0], dict(told[1]), b"".join(answer)


@pytest.mark.django_db(transaction=True)
def test_it_answers_a_machine_without_a_cookie_or_a_session() -> None:
    status, headers, body = knock("POST", "/hooks/con_00000000000000000000000000")
    assert status.startswith("404")
    assert b"no such connection" in body
    assert headers["Content-Length"] == str(len(body))
    assert "Set-Cookie" not in headers and "Vary" not in headers


@pytest.mark.django_db(transaction=True)
def test_it_refuses_another_method_at_that_door() -> None:
    assert knock("GET", "/hooks/con_00000000000000000000000000")[0].startswith("405")


@pytest.mark.django_db(transaction=True)
def test_it_leads_people_through_their_middleware() -> None:
    status, headers, _ = knock("GET", "/orders/")
    assert status.startswith("302")
    assert "Content-Security-Policy" in headers


def test_the_collector_does_not_look_at_what_stays() -> None:
    assert gc.get_freeze_count() > 100_000


def test_it_spares_what_is_loaded_later_and_nothing_small() -> None:
    gc.collect()
    gc.freeze()  # whatever other tests have left
    before = gc.get_freeze_count()
    few = [[number] for number in range(1_000)]
    gc.collect()
    assert gc.get_freeze_count() == before
    many = [[number] for number in range(MANY)]
    gc.collect()
    assert gc.get_freeze_count() >= before + len(few) + len(many)
