"""What schemathesis loads: a key of its own for each request, since a repeat is no bad input."""

from typing import Any
from uuid import uuid4

import schemathesis


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """A key that is well formed is made new; one that is not goes as it is."""
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and key.isascii() and key.isprintable() and 0 < len(key) <= 255:
        case.headers["Idempotency-Key"] = uuid4().hex + key[32:]
