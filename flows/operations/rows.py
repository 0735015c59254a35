"""Writes many rows by one sentence that PostgreSQL has planned before, whatever their number."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
from django.db import connection, models
from django.db.models.expressions import DatabaseDefault


def insert_all(rows: Sequence[models.Model], *, ignore_conflicts: bool = False) -> None:
    """Insert rows of one model. Columns with a default of the database are left to it.

    Text must be free of NUL characters, which PostgreSQL does not keep.
    """
    if not rows:
        return
    names = _names(type(rows[0]))
    values = [{column: getattr(row, attribute) for attribute, column in names} for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            _sentence(type(rows[0]), ignore_conflicts), [msgspec.json.encode(values).decode()]
        )


@cache
def _names(model: type[models.Model]) -> tuple[tuple[str, str], ...]:
    """Attribute and column of each field that is written."""
    return tuple((field.attname, field.column) for field in _fields(model))


def _fields(model: type[models.Model]) -> list[Any]:
    fields = model._meta.concrete_fields
    return [field for field in fields if not isinstance(field.get_default(), DatabaseDefault)]


@cache
def _sentence(model: type[models.Model], ignore_conflicts: bool) -> str:
    fields = _fields(model)
    columns = ", ".join(f'"{field.column}"' for field in fields)
    typed = ", ".join(f'"{field.column}" {field.db_type(connection)}' for field in fields)
    conflict = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    return (
        f'INSERT INTO "{model._meta.db_table}" ({columns}) SELECT {columns}'
        f" FROM jsonb_to_recordset(%s::jsonb) AS r({typed}){conflict}"
    )
