"""Secrets never reach a log line, wherever they hide."""

import io
import json
import logging
import logging.config
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from ekyam import logs

SECRET = "S3cr3tF0rT3stsOnly"


@pytest.fixture
def lines(settings: Any) -> Iterator[io.StringIO]:
    """What a fresh configuration writes; the test run's own logging comes back afterwards."""
    stream = io.StringIO()
    config = logs.configure(as_json=True, level="DEBUG")
    config["handlers"]["stderr"]["stream"] = stream
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    logging.config.dictConfig(config)
    yield stream
    logging.config.dictConfig(settings.LOGGING)
    root.handlers[:], root.level = before


def read(lines: io.StringIO) -> dict[str, Any]:
    return dict(json.loads(lines.getvalue().splitlines()[-1]))


class Opaque:
    def __str__(self) -> str:
        return f"client_secret={SECRET}"


@pytest.mark.parametrize(
    "fields",
    [
        {"password": SECRET},
        {"client_secret": SECRET},
        {"Authorization": f"Bearer {SECRET}"},
        {"headers": {"X-Shopify-Access-Token": SECRET, "Accept": "*/*"}},
        {"headers": [("X-Api-Key", SECRET)]},
        {"headers": [("Authorization", f"Token {SECRET}")]},
        {"body": f"grant_type=refresh&refresh_token={SECRET}&x=1"},
        {"body": json.dumps({"access_token": SECRET, "expires_in": 1})},
        {"body": json.dumps(json.dumps({"access_token": SECRET}))},
        {"body": f'{{"client_secret" : "{SECRET}"}}'.encode()},
        {"text": f"shpat_{SECRET}"},
        {"text": f"whsec_{SECRET}"},
        {"text": f"sent Bearer {SECRET}"},
        {"text": f"sent Basic {SECRET}=="},
        {"text": f"Authorization: OAuth realm=1, oauth_signature={SECRET}"},
        {"text": f"Cookie: B1SESSION={SECRET}; ROUTEID=1"},
        {"url": f"https://shop:{SECRET}@example.com/"},
        {"url": f"redis://:{SECRET}@127.0.0.1:1/0"},
        {"url": f"https://example.com/?api_key={SECRET}&a=b"},
        {"jwt": f"eyJhbGciOiJIUzI1NiJ9.{SECRET}.{SECRET}"},
        {"pem": f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----"},
        {"nested": [{"deep": ({"token": SECRET},)}]},
        {"object": Opaque()},
        {f"token={SECRET}": 1},
    ],
)
def test_it_writes_no_secret(lines: io.StringIO, fields: dict[str, Any]) -> None:
    structlog.get_logger("test").info("attempt", **fields)
    assert SECRET not in lines.getvalue()
    assert logs.BLANK in lines.getvalue()
    assert read(lines)["event"] == "attempt"


def test_it_writes_no_secret_that_a_library_logs(lines: io.StringIO) -> None:
    logging.getLogger("urllib3").debug("GET /?access_token=%s with %s", SECRET, f"Bearer {SECRET}")
    logging.getLogger("django.request").error("client_secret: %s", SECRET)
    assert SECRET not in lines.getvalue()
    assert len(lines.getvalue().splitlines()) == 2


def test_it_writes_no_secret_of_a_traceback(lines: io.StringIO) -> None:
    try:
        raise ValueError(f"refused refresh_token={SECRET}")
    except ValueError:
        structlog.get_logger("test").exception("failed")
        logging.getLogger("celery").exception("failed")
    assert SECRET not in lines.getvalue()
    assert "ValueError" in read(lines)["exception"]


def test_it_says_what_a_line_is_about(lines: io.StringIO) -> None:
    with logs.context(tenant="ten_1", event_id="evt_1"), logs.context(delivery_id="dlv_1"):
        structlog.get_logger("test").info("attempt", status=200, duration_ms=1.5)
    line = read(lines)
    assert (line["tenant"], line["event_id"], line["delivery_id"]) == ("ten_1", "evt_1", "dlv_1")
    assert (line["status"], line["duration_ms"], line["level"]) == (200, 1.5, "info")
    structlog.get_logger("test").info("other")
    assert "tenant" not in read(lines)


def test_it_leaves_plain_words_alone() -> None:
    text = (
        "Order 1001 of juniper.example: 3 of SKU-7, basic cotton tee, https://example.com/a:b?c=d"
    )
    assert logs.redact_text(text) == text
