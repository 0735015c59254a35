"""The rows of a form, each an attribute and what it shall be, as they are typed and checked."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext

from connectors.standard.attributes import (
    AttributeUnknown,
    names_below,
    plain,
    struct_within,
    type_below,
)
from flows.operations.mend.paths import Change
from flows.queries.changes import misfit

MOST_ROWS, LONGEST_VALUE, LONGEST_PATH = 10, 500, 200


class BadRow(ValueError):
    """The text says what is wrong with it."""


@dataclass(frozen=True)
class ChangeRow:
    """`is_emptied` where the attribute is to be taken away."""

    path: str = ""
    value: str = ""
    is_emptied: bool = False
    error: str = ""

    @property
    def is_blank(self) -> bool:
        return not (self.path or self.value or self.is_emptied)


@dataclass(frozen=True)
class ChangeForm:
    """`changes` are there when nothing is wrong; `wrong` is of the form and not of a row."""

    rows: list[ChangeRow]
    changes: list[Change] = field(default_factory=list)
    wrong: str = ""

    @property
    def is_full(self) -> bool:
        return len(self.rows) >= MOST_ROWS

    @property
    def faulty(self) -> list[tuple[int, str]]:
        return [(number, row.error) for number, row in enumerate(self.rows, 1) if row.error]


def paths_of(resource: Any) -> list[str]:
    """What may be set in many: no ids and no parts that have attributes of their own."""
    return [
        one
        for one in names_below(resource, into_lists=True)
        if struct_within(type_below(resource, one)) is None and not _names_a_record(one)
    ]


def read_rows(sent: QueryDict) -> list[ChangeRow]:
    """As they were typed, not further than one too many."""
    paths, values = (sent.getlist(name)[: MOST_ROWS + 1] for name in ("path", "value"))
    emptied = set(sent.getlist("emptied")[: MOST_ROWS + 1])
    return [
        ChangeRow(path.strip(), value.strip(), is_emptied=str(number) in emptied)
        for number, (path, value) in enumerate(zip_longest(paths, values, fillvalue=""), 1)
    ]


def with_another(rows: Sequence[ChangeRow]) -> ChangeForm:
    """What was typed, and a row more."""
    if len(rows) >= MOST_ROWS:
        return ChangeForm(list(rows[:MOST_ROWS]), wrong=_too_many())
    return ChangeForm([*rows, ChangeRow()])


def check_rows(rows: Sequence[ChangeRow], resource: Any) -> ChangeForm:
    """Rows with nothing in them are left out."""
    filled = [row for row in rows if not row.is_blank]
    if len(filled) > MOST_ROWS:
        return ChangeForm(filled[:MOST_ROWS], wrong=_too_many())
    if not filled:
        return ChangeForm(list(rows[:1]), wrong=gettext("Choose an attribute, and say its value."))
    often = Counter(row.path for row in filled)
    checked, changes = [], []
    for row in filled:
        try:
            if row.path and often[row.path] > 1:
                raise BadRow(gettext("«{path}» is here twice.").format(path=row.path[:80]))
            changes.append(_change(row, resource))
            checked.append(row)
        except BadRow as wrong:
            checked.append(replace(row, error=str(wrong)))
    return ChangeForm(checked, changes if len(changes) == len(checked) else [])


def _too_many() -> str:
    return gettext("At most {most} attributes are set at once.").format(most=MOST_ROWS)


def _change(row: ChangeRow, resource: Any) -> Change:
    """Raises BadRow."""
    declared = _declared(row.path, resource)
    if len(row.value) > LONGEST_VALUE:
        raise BadRow(
            gettext("The value is longer than {longest_value} characters.").format(
                longest_value=LONGEST_VALUE
            )
        )
    if not (row.value or row.is_emptied):
        raise BadRow(
            gettext("«{path}» has no value. Fill it in, or tick that it is taken away.").format(
                path=row.path
            )
        )
    if row.value and row.is_emptied:
        raise BadRow(
            gettext("«{path}» has a value, and is to be taken away: it can be one alone.").format(
                path=row.path
            )
        )
    value = _value(row.value, declared)
    if why := misfit(declared, value):
        raise BadRow(gettext("«{path}» cannot be that: {why}.").format(path=row.path, why=why))
    return Change(row.path, value)


def _declared(path: str, resource: Any) -> Any:
    """Its type. Raises BadRow for what cannot be set in many."""
    if not path:
        raise BadRow(gettext("Say of which attribute this is the value."))
    try:
        declared = type_below(resource, path[: LONGEST_PATH + 1])
    except AttributeUnknown as error:
        raise BadRow(
            gettext("A record of this kind has no attribute «{path}».").format(path=path[:80])
        ) from error
    if len(path) > LONGEST_PATH:
        raise BadRow(gettext("«{path}…» is too long a name.").format(path=path[:80]))
    if _names_a_record(path):
        raise BadRow(
            gettext("«{path}» is each one's own: in all of them it cannot be the same.").format(
                path=path
            )
        )
    if struct_within(declared) is not None:
        raise BadRow(
            gettext("«{path}» has attributes of its own: choose one of them.").format(path=path)
        )
    return declared


def _value(typed: str, declared: Any) -> Any:
    """Yes and no are what they say where they are asked for, and an empty field is nothing; the
    rest is text, as which the standard reads numbers and times too."""
    if not typed:
        return None
    is_truth = plain(declared) is bool and typed in ("true", "false")
    return json.loads(typed) if is_truth else typed


def _names_a_record(path: str) -> bool:
    """Or a line of it: with one name for all of them, the other system would know of one only."""
    above, _, last = path.rpartition(".")
    return last in ("id", "reference") and (not above or above.endswith("[]"))
