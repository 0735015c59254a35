"""One JSON line per fact, with the ids it is about, and never a secret.

Secrets are blanked by the name of their field, and by their looks anywhere else: in messages, in
tracebacks, in what libraries log.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

BLANK = "[redacted]"
SECRET_NAMES = re.compile(
    r"authori[sz]ation|secret|token|password|passwd|pwd|api[-_]?key|access[-_]?key|private[-_]?key"
    r"|credential|cookie|signature|hmac|session[-_]?id|b1session|vault",
    re.IGNORECASE,
)
# What secrets look like, each with the words of which one must be there: to look for a word is a
# hundred times faster than to look for a pattern. Each keeps its first group, which says what was
# blanked.
_NAMES = ("secret", "token", "password", "passwd", "signature", "hmac", "credential", "key")
SECRET_LOOKS: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    # name=value, "name": "value", name: value, and the line of a header up to its end
    (
        ("authorization", "cookie"),
        re.compile(r"((?:authorization|cookie)[\"']?\s*[:=]\s*[\"']?)[^\"'\r\n]+", re.IGNORECASE),
    ),
    (
        _NAMES,
        re.compile(
            r"((?:secret|token|password|passwd|api[-_]?key|access[-_]?key|private[-_]?key"
            r"|signature|hmac|credential)[\w.-]*\\?[\"']?\s*(?:[:=]|%3D)\s*\\?[\"']?)"
            r"[^\s\"'&,;}\])\\]+",
            re.IGNORECASE,
        ),
    ),
    (("bearer",), re.compile(r"(\bbearer\s+)[\w.~+/=:-]{6,}", re.IGNORECASE)),
    (("basic",), re.compile(r"(\bbasic\s+)[A-Za-z0-9+/]{14,}={0,2}", re.IGNORECASE)),
    (
        ("shpat", "shpca", "shppa", "shpss", "whsec", "xox"),
        re.compile(r"(\b(?:shpat|shpca|shppa|shpss|whsec|xox[a-z])[_-])[\w+/=-]+"),
    ),
    (("ekm_",), re.compile(r"(\bekm_[a-z]+_)\w+")),
    # Links that were mailed: Django logs the address of whatever it refuses.
    (("/join/", "/reset/key/"), re.compile(r"(/(?:join|reset/key)/)[\w-]{8,}")),
    (("eyj",), re.compile(r"()\beyJ[\w-]+\.[\w-]+\.[\w-]*")),
    (
        ("://",),
        re.compile(r"(://[^\s/:@]*:)[^\s/@]+(?=@)", re.IGNORECASE),
    ),
    (
        ("private key",),
        re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?:-----END|\Z)", re.DOTALL),
    ),
)


def redact_text(text: str) -> str:
    """Blank whatever looks like a secret."""
    lower = text.lower()
    for words, look in SECRET_LOOKS:
        if any(word in lower for word in words):
            text = look.sub(lambda found: found[1] + BLANK, text)
    return text


def redact(value: Any, name: str = "") -> Any:
    """Return a copy fit to be seen: plain values only, secrets blanked."""
    if name and SECRET_NAMES.search(name):
        return BLANK
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return redact_text(bytes(value).decode("utf-8", "replace"))
    if isinstance(value, Mapping):
        return {redact_text(str(key)): redact(item, str(key)) for key, item in value.items()}
    if isinstance(value, Sequence | set | frozenset):
        return _redact_items(value)
    # Anything else would be turned into text later, out of our sight.
    return redact_text(str(value))


def _redact_items(items: Any) -> list[Any]:
    """Headers often come as pairs, where the first item names the second."""
    return [
        [redact(item[0]), redact(item[1], str(item[0]))]
        if isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str)
        else redact(item)
        for item in items
    ]


def redact_event(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """The structlog processor; it must come last before the renderer."""
    return dict(redact(event))


def context(**ids: Any) -> AbstractContextManager[None]:
    """Name what the lines within are about: tenant, event_id, run_id, delivery_id, reason."""
    return structlog.contextvars.bound_contextvars(**ids)


_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


def configure(*, as_json: bool, level: str) -> dict[str, Any]:
    """Set structlog up, and return Django's LOGGING, which sends stdlib logging the same way."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    ours = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": _SHARED,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redact_event,
            renderer,
        ],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"ours": ours},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "ours"}},
        "root": {"handlers": ["stderr"], "level": level},
        # Django's own handlers would write past the redaction.
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            # At DEBUG it says each code and token that it gives.
            "oauthlib": {"level": "INFO"},
        },
    }
