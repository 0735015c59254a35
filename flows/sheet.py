"""Small tables as CSV: read with the number of each bad line, written safe for a spreadsheet. Pure.

Commas, semicolons or tabs; a header is needed, for it says which column is which.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

MOST_CHARACTERS, MOST_ROWS = 2_000_000, 20_000
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_STARTS = ("=", "+", "-", "@", "\t", "\r")

Row = TypeVar("Row")


@dataclass(frozen=True)
class BadLine:
    """`number` is that of the line in the file, from 1; the header counts."""

    number: int
    words: str


@dataclass(frozen=True)
class Sheet(Generic[Row]):
    rows: list[Row]
    bad: list[BadLine]


def read_sheet(
    text: str,
    columns: Sequence[str],
    read: Callable[..., Row],
    key_of: Callable[[Row], Any],
) -> Sheet[Row]:
    """`read` takes the cells of the columns and raises ValueError in words. Two rows of one key
    are a bad line. Never raises."""
    if len(text) > MOST_CHARACTERS:
        return Sheet([], [BadLine(1, f"It is longer than {MOST_CHARACTERS} characters.")])
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=_delimiter(text))
    rows: dict[Any, Row] = {}
    bad: list[BadLine] = []
    places: list[int] | None = None
    try:
        for cells in reader:
            number = reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if places is None:
                places = _places(cells, columns)
                if places is None:
                    words = f"The first line must name the columns {', '.join(columns)}."
                    return Sheet([], [BadLine(number, words)])
                continue
            if len(rows) + len(bad) >= MOST_ROWS:
                bad.append(BadLine(number, f"There are more than {MOST_ROWS} rows."))
                break
            try:
                row = read(*(_cell(cells, place) for place in places))
                key = key_of(row)
                if key in rows:
                    raise ValueError("It stands there twice.")
                rows[key] = row
            except ValueError as error:
                bad.append(BadLine(number, str(error)))
    except csv.Error as error:
        bad.append(BadLine(reader.line_num, f"It cannot be read: {error}."))
    return Sheet(list(rows.values()), bad)


def _delimiter(text: str) -> str:
    first = text.lstrip("\ufeff\r\n ").partition("\n")[0]
    return max(",;\t", key=first.count)


def _places(cells: Sequence[str], columns: Sequence[str]) -> list[int] | None:
    names = [cell.strip().lower() for cell in cells]
    return [names.index(one) for one in columns] if set(columns) <= set(names) else None


def _cell(cells: Sequence[str], place: int) -> str:
    if place >= len(cells):
        raise ValueError("It has too few columns.")
    cell = cells[place]
    is_tamed = cell.startswith("'") and cell.lstrip("'").startswith(_STARTS)
    return cell[1:] if is_tamed else cell


def write_sheet(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(columns)
    writer.writerows([_tame(str(cell)) for cell in row] for row in rows)
    return written.getvalue()


def _tame(cell: str) -> str:
    """What a spreadsheet would take for a formula begins with an apostrophe."""
    is_wild = cell.lstrip("'").startswith(_STARTS) and not _NUMBER.fullmatch(cell)
    return f"'{cell}" if is_wild else cell
