"""The best way to give each row one column of its own (Kuhn and Munkres, by shortest paths)."""

from collections.abc import Sequence
from math import inf


def assign(gains: Sequence[Sequence[float]]) -> list[int | None]:
    """The column of each row, so that the sum of the gains is the greatest there is.

    No column is given twice. A row may stay without one: that gains nothing, so a gain below 0 is
    never taken. Takes rows² x (columns + rows) steps.
    """
    rows = len(gains)
    columns = len(gains[0]) if rows else 0
    # Each row has a column of nothing besides; gains become costs, and nothing costs 0.
    costs = [[-gain for gain in row] + [0.0] * rows for row in gains]
    row_of = _match(costs, rows, columns + rows)
    chosen: list[int | None] = [None] * rows
    for column in range(columns):
        row = row_of[column]
        if row is not None and gains[row][column] > 0:
            chosen[row] = column
    return chosen


def _match(costs: list[list[float]], rows: int, columns: int) -> list[int | None]:
    """The row of each column at the least cost."""
    of_row, of_column = [0.0] * rows, [0.0] * (columns + 1)
    start = columns  # a column beyond the last, where the row that is new stands
    row_of: list[int | None] = [None] * (columns + 1)
    for new in range(rows):
        row_of[start] = new
        least, came_from = [inf] * columns, [start] * columns
        seen = [False] * (columns + 1)
        at = start
        while (row := row_of[at]) is not None:
            seen[at] = True
            step, nearest = inf, start
            for column in range(columns):
                if seen[column]:
                    continue
                cost = costs[row][column] - of_row[row] - of_column[column]
                if cost < least[column]:
                    least[column], came_from[column] = cost, at
                if least[column] < step:
                    step, nearest = least[column], column
            _shift(step, seen, least, row_of, of_row, of_column)
            at = nearest
        while at != start:
            row_of[at], at = row_of[came_from[at]], came_from[at]
    return row_of


def _shift(
    step: float,
    seen: list[bool],
    least: list[float],
    row_of: list[int | None],
    of_row: list[float],
    of_column: list[float],
) -> None:
    for column, was_seen in enumerate(seen):
        row = row_of[column]
        if was_seen and row is not None:
            of_row[row] += step
            of_column[column] -= step
        elif column < len(least):
            least[column] -= step
