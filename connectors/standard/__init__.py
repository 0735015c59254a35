"""The Ekyam Data Standard: what a record is, whichever system it came from."""

import importlib
import pkgutil
from functools import cache
from typing import Any

import msgspec

from connectors.standard.record import Record


@cache
def resources() -> dict[str, type[Record]]:
    """Every resource by its name: each module here that has a RECORD is one."""
    found: dict[str, type[Record]] = {}
    for module in pkgutil.iter_modules(__path__):
        record = getattr(importlib.import_module(f"{__name__}.{module.name}"), "RECORD", None)
        if record is not None:
            found[record.resource] = record
    for record in found.values():
        # msgspec resolves the types of a struct when it first reads one; a second thread that
        # reads it meanwhile crashes the process.
        msgspec.json.Decoder(record)
    return found


def json_schema(resource: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of one resource."""
    return msgspec.json.schema(resources()[resource])
