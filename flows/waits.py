"""What a parked delivery waits for, as text: `row:<table>:<key>`, `release:<rule>`. Pure.

Links and connections have theirs in flows.operations.{resolve,settle}.
"""

LONGEST_TABLE, LONGEST_KEY, LONGEST_VALUE = 60, 200, 200
ROW, RELEASE = "row:", "release:"


def for_row(table: str, key: str) -> str:
    return f"{ROW}{table}:{key}"


def row_of(waits_for: str) -> tuple[str, str]:
    """The table and the key. No table has a colon in its name; a key may."""
    table, _, key = waits_for.removeprefix(ROW).partition(":")
    return table, key


def may_be_row(table: str, key: str) -> bool:
    """Whether such a row can be added at all: else nothing is to be waited for."""
    is_table = 0 < len(table) <= LONGEST_TABLE and ":" not in table
    return is_table and 0 < len(key) <= LONGEST_KEY


def for_release(rule: str) -> str:
    return f"{RELEASE}{rule}"


def rule_of(waits_for: str) -> str:
    return waits_for.removeprefix(RELEASE)
