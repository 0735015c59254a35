"""One step, or one line, as a mapping applies it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from connectors.lines import Line, Mapping
from connectors.spec import Context
from connectors.steps import AnyStep
from flows.mapping.compile import compile_mapping

RATES = {("USD", "INR", date(2026, 11, 1)): Decimal("88.4125")}
CONTEXT = Context(
    settings={"channel": "web"},
    now=datetime(2026, 11, 1, 12, tzinfo=UTC),
    find_row=lambda table, key: "known" if key == "here" else None,
    find_rate=lambda base, quote, day: RATES.get((base, quote, day)),
)


def apply_steps(value: Any, *steps: AnyStep, **beside: Any) -> Any:
    """What `steps` make of `value`, in a record that holds `beside` too."""
    return apply_line(Line("it", "it", steps), {"it": value, **beside}).get("it")


def apply_line(line: Line, record: Any) -> dict[str, Any]:
    return compile_mapping(Mapping((line,)))(record, CONTEXT)
