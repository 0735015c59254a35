"""The proof: every order's id, time and state in each system, out of the systems' own ledgers."""

from collections.abc import Iterator

from flows.demo.remote import Remotes
from flows.demo.story import Ledgers, Placed, missing

HEAD = ("Order", "Kind", "Shopify", "NetSuite", "Whiplash", "Shipped as")


def read_proof(remotes: Remotes, orders: list[Placed]) -> tuple[list[str], list[str]]:
    """Lines of a table, and what is missing, in words."""
    ledgers = Ledgers.read(remotes)
    rows = [HEAD, *(_row(order, ledgers) for order in orders)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    table = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    wrong = [f"{order.name}: {what}" for order in orders for what in missing(order, ledgers)]
    return table, wrong


def _row(order: Placed, ledgers: Ledgers) -> tuple[str, ...]:
    shop = ledgers.shop[order.id]
    sales = "; ".join(
        f"{row['label']} {_clock(row['at'])} {row['state']} {row['total']}"
        for row in ledgers.sales_of(order)
    )
    parts = "; ".join(
        f"{row['id']} {_clock(row['at'])} {row['state']}" for row in ledgers.parts(order)
    )
    told = f"{order.id} {_clock(shop['at'])} {shop['state']} {shop['current_total']}"
    return (order.name, order.kind.name, told, sales or "-", parts or "-", ", ".join(_tracks(shop)))


def _tracks(shop: dict[str, object]) -> Iterator[str]:
    for one in shop["fulfillments"]:  # type: ignore[attr-defined]
        yield from one["tracking"]


def _clock(at: str) -> str:
    return at[11:19]
