"""Reads and writes rows by sentences that are made once, and that PostgreSQL has planned before.

For what the engine does at every event; elsewhere the ORM says the same in clearer words.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeVar

import msgspec
from django.db import connection, models
from django.db.models.expressions import DatabaseDefault

Row = TypeVar("Row", bound=models.Model)


class _Selection(NamedTuple):
    sentence: str
    attributes: list[str]
    readers: list[tuple[int, Callable[..., Any]]]  # for columns that are more than what they hold


def select_all(model: type[Row], clause: str, parameters: Sequence[Any]) -> list[Row]:
    """Rows of one model. `clause` is what follows FROM; a state that an index is for stands in it
    as a literal, for of a parameter PostgreSQL cannot know that the index will do."""
    selection = _selection(model)
    with connection.cursor() as cursor:
        cursor.execute(f"{selection.sentence} {clause}", parameters)
        found = cursor.fetchall()
    return [_read(model, selection, row) for row in found]


def _read(model: type[Row], selection: _Selection, row: Sequence[Any]) -> Row:
    values = list(row)
    for place, read in selection.readers:
        values[place] = read(values[place], None, connection)
    return model.from_db(connection.alias, selection.attributes, values)


@cache
def _selection(model: type[models.Model]) -> _Selection:
    fields = model._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    return _Selection(
        f'SELECT {columns} FROM "{model._meta.db_table}"',
        [field.attname for field in fields],
        [
            (place, field.from_db_value)
            for place, field in enumerate(fields)
            if hasattr(field, "from_db_value")
        ],
    )


def insert_all(*groups: Sequence[models.Model], ignore_conflicts: bool = False) -> None:
    """Insert rows, each group of one model, all in one sentence. Columns that the
    database fills by itself are left to it.

    Text must be free of NUL characters, which PostgreSQL does not keep.
    """
    filled = [rows for rows in groups if rows]
    if not filled:
        return
    kinds = tuple(type(rows[0]) for rows in filled)
    with connection.cursor() as cursor:
        cursor.execute(_sentence(kinds, ignore_conflicts), [_as_json(rows) for rows in filled])


def _as_json(rows: Sequence[models.Model]) -> str:
    written = _written(type(rows[0]))
    values = [{column: value_of(row, True) for column, value_of in written} for row in rows]
    return msgspec.json.encode(values).decode()


@cache
def _written(model: type[models.Model]) -> list[tuple[str, Callable[[models.Model, bool], Any]]]:
    """Each column that is written, and what finds its value: for some fields, the time of now."""
    return [(field.column, field.pre_save) for field in _fields(model)]


def _fields(model: type[models.Model]) -> list[Any]:
    fields = model._meta.concrete_fields
    return [
        field
        for field in fields
        if not field.generated and not isinstance(field.get_default(), DatabaseDefault)
    ]


@cache
def _sentence(kinds: tuple[type[models.Model], ...], ignore_conflicts: bool) -> str:
    """Of several, all but the last stand before it; their keys are checked when all are there."""
    *before, last = [_insertion(kind, ignore_conflicts) for kind in kinds]
    named = ", ".join(f"part{number} AS ({one})" for number, one in enumerate(before))
    return f"WITH {named} {last}" if named else last


def _insertion(model: type[models.Model], ignore_conflicts: bool) -> str:
    fields = _fields(model)
    columns = ", ".join(f'"{field.column}"' for field in fields)
    typed = ", ".join(f'"{field.column}" {field.db_type(connection)}' for field in fields)
    conflict = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    return (
        f'INSERT INTO "{model._meta.db_table}" ({columns}) SELECT {columns}'
        f" FROM jsonb_to_recordset(%s::jsonb) AS r({typed}){conflict}"
    )
