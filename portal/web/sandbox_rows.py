"""The documents of a simulated system as a table shows them, whatever the system."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from flows.demo.desk import Act
from flows.demo.remote import Row

MOST = 25
# Orders first, then what comes of them; what nobody foresaw comes last.
_FIRST = ("order", "sales_order", "item_fulfilment", "return")


@dataclass(frozen=True)
class Document:
    id: str
    label: str
    state: str
    at: datetime | None
    told: str  # what it holds, in a line
    acts: Sequence[Act]


def kinds_of(rows: Sequence[Row]) -> list[tuple[str, tuple[str, int]]]:
    """What there is, with its name and how many."""
    counts = Counter(str(row["kind"]) for row in rows)
    order = sorted(counts, key=lambda kind: (_place(kind), kind))
    return [(kind, (_words(kind), counts[kind])) for kind in order]


def documents_of(
    rows: Sequence[Row], kind: str, acts: Sequence[Act], *, most: int = MOST
) -> list[Document]:
    """The newest of a kind."""
    found = sorted((row for row in rows if row["kind"] == kind), key=_age, reverse=True)
    return [_document(row, acts) for row in found[:most]]


def _place(kind: str) -> int:
    return _FIRST.index(kind) if kind in _FIRST else len(_FIRST)


def _age(row: Row) -> tuple[int, str]:
    """By its number where ids are numbers: what was changed last need not be the newest."""
    text = str(row["id"])
    return (int(text), "") if text.isdigit() else (0, text)


def _document(row: Row, acts: Sequence[Act]) -> Document:
    return Document(
        id=str(row["id"]),
        label=str(row["label"] or row["id"]),
        state=_words(str(row["state"])),
        at=_time(str(row["at"])),
        told=_told(row),
        acts=[act for act in acts if act.kind == row["kind"] and act.may(row)],
    )


def _time(text: str) -> datetime | None:
    """Each vendor writes times in its own way; what names no zone is not understood."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _told(row: Row) -> str:
    for name, said in (("sellable", gettext("to sell")), ("available", gettext("available"))):
        if row.get(name) is not None:
            return f"{row[name]} {said}"
    lines = [line for line in row.get("lines") or () if line.get("sku")]
    if row["kind"] == "product":
        return ", ".join(f"{line['sku']}: {line.get('available')}" for line in lines)
    told = ", ".join(
        f"{_amount(line.get('quantity'))} \N{MULTIPLICATION SIGN} {line['sku']}"
        for line in lines[:4]
    )
    tracking = ", ".join(row.get("tracking") or ())
    return "; ".join(
        filter(
            None,
            (told, gettext("tracking {tracking}").format(tracking=tracking) if tracking else ""),
        )
    )


def _amount(quantity: object) -> str:
    return f"{float(str(quantity)):g}" if quantity is not None else "?"


def _words(text: str) -> str:
    return text.replace("_", " ").capitalize()
