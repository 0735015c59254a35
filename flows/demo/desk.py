"""What people do in the simulated systems, as forms: an order, an approval, a count of stock."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from flows.demo.orders import ADDRESS, BY_HAND, KINDS, Kind
from flows.demo.remote import ERP, SHOP, WAREHOUSE, Row

MOST = 1_000_000
ORDERS: dict[str, Kind] = {f"kind-{at}": kind for at, kind in enumerate((*KINDS, *BY_HAND))}


class NotTaken(ValueError):
    """What was filled in cannot be done; the message says why."""


@dataclass(frozen=True)
class Blank:
    """What is to be filled in."""

    name: str
    label: str | Promise
    is_number: bool = False
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Act:
    """One thing that a person does there. `kind` is the sort of document that it is done to, none
    if it stands by itself; `may` whether it can be done to this one; `arguments(id, filled)` what
    the control door is told; `done` what is said then, with the document's label."""

    name: str
    control: str
    label: Promise
    done: Promise
    arguments: Callable[[str, Mapping[str, Any]], dict[str, Any]]
    kind: str = ""
    may: Callable[[Row], bool] = lambda row: True
    blanks: tuple[Blank, ...] = ()


_SKU = Blank("sku", "SKU")
_CLERKS_ADDRESS = {
    "addressee": f"{ADDRESS['first_name']} {ADDRESS['last_name']}",
    "addr1": ADDRESS["address1"],
    "city": ADDRESS["city"],
    "state": ADDRESS["province_code"],
    "zip": ADDRESS["zip"],
    "country": {"id": ADDRESS["country_code"]},
}
_PENDING = ("pending_approval", "pending_fulfillment")


def _by_id(id: str, filled: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": id}


def _by_order(id: str, filled: Mapping[str, Any]) -> dict[str, Any]:
    return {"order": id}


PLACE_ORDER = Act(
    "place_order",
    "place_order",
    gettext_lazy("Make the order"),
    gettext_lazy("{} is placed."),
    lambda id, filled: dict(ORDERS[filled["order"]].place),
    blanks=(
        Blank(
            "order",
            gettext_lazy("What is ordered"),
            choices=tuple(
                (key, kind.name[:1].upper() + kind.name[1:]) for key, kind in ORDERS.items()
            ),
        ),
    ),
)

DESKS: dict[str, tuple[Act, ...]] = {
    SHOP: (
        PLACE_ORDER,
        Act(
            "cancel_order",
            "cancel_order",
            gettext_lazy("Cancel"),
            gettext_lazy("{} is cancelled by the shopper."),
            _by_order,
            kind="order",
            may=lambda row: row["state"] == "UNFULFILLED",
        ),
        Act(
            "pay_order",
            "pay_order",
            gettext_lazy("Pay"),
            gettext_lazy("{} is paid."),
            _by_order,
            kind="order",
            may=lambda row: row["payment"] == "PENDING" and row["state"] != "CANCELLED",
        ),
        Act(
            "count_stock",
            "set_stock",
            gettext_lazy("Count the stock"),
            gettext_lazy("{} is counted."),
            lambda id, filled: {"sku": filled["sku"], "available": filled["count"]},
            blanks=(_SKU, Blank("count", gettext_lazy("Available"), is_number=True)),
        ),
    ),
    ERP: (
        Act(
            "approve_order",
            "approve_orders",
            gettext_lazy("Approve"),
            gettext_lazy("{} is approved."),
            _by_id,
            kind="sales_order",
            may=lambda row: row["state"] == "pending_approval",
        ),
        Act(
            "fill_in_address",
            "edit_order",
            gettext_lazy("Fill in an address"),
            gettext_lazy("{} has an address now."),
            lambda id, filled: {"id": id, "body": {"shippingAddress": _CLERKS_ADDRESS}},
            kind="sales_order",
            may=lambda row: row["state"] in _PENDING,
        ),
        Act(
            "cancel_order",
            "cancel_order",
            gettext_lazy("Cancel"),
            gettext_lazy("{} is cancelled."),
            _by_id,
            kind="sales_order",
            may=lambda row: row["state"] in _PENDING,
        ),
        Act(
            "adjust_stock",
            "adjust_stock",
            gettext_lazy("Adjust the stock"),
            gettext_lazy("{} is adjusted."),
            lambda id, filled: {"sku": filled["sku"], "by": filled["by"]},
            blanks=(_SKU, Blank("by", gettext_lazy("By (+ or -)"), is_number=True)),
        ),
    ),
    WAREHOUSE: (
        Act(
            "pick",
            "pick",
            gettext_lazy("Pick"),
            gettext_lazy("{} is picked."),
            _by_order,
            kind="order",
            may=lambda row: 100 <= row["status"] < 150,
        ),
        Act(
            "ship",
            "ship",
            gettext_lazy("Ship"),
            gettext_lazy("{} is shipped."),
            lambda id, filled: {"order": id, "parcels": [{"weight_oz": 12}]},
            kind="order",
            may=lambda row: 100 <= row["status"] < 300,
        ),
        Act(
            "deliver",
            "deliver",
            gettext_lazy("Deliver"),
            gettext_lazy("{} is delivered."),
            _by_order,
            kind="order",
            may=lambda row: 300 <= row["status"] < 350,
        ),
        Act(
            "cancel_order",
            "cancel",
            gettext_lazy("Cancel"),
            gettext_lazy("{} is cancelled by the warehouse."),
            _by_order,
            kind="order",
            may=lambda row: 40 < row["status"] < 300 and row["status"] != 45,
        ),
        Act(
            "adjust_stock",
            "adjust",
            gettext_lazy("Adjust the stock"),
            gettext_lazy("{} is adjusted."),
            lambda id, filled: {"sku": filled["sku"], "change": filled["by"]},
            blanks=(_SKU, Blank("by", gettext_lazy("By (+ or -)"), is_number=True)),
        ),
    ),
}


def acts_of(slug: str) -> tuple[Act, ...]:
    """Of a system that nobody has described: none."""
    return DESKS.get(slug, ())


def find_act(slug: str, name: str) -> Act:
    """Raises NotTaken."""
    found = next((one for one in acts_of(slug) if one.name == name), None)
    if found is None:
        raise NotTaken(gettext("This cannot be done in this system."))
    return found


def fill_in(act: Act, given: Mapping[str, str], rows: Iterable[Row]) -> dict[str, Any]:
    """What was filled in, as values. Raises NotTaken."""
    filled: dict[str, Any] = {}
    for blank in act.blanks:
        text = given.get(blank.name, "").strip()
        if blank.is_number:
            filled[blank.name] = _number(str(blank.label), text)
        elif blank.choices and text not in dict(blank.choices):
            raise NotTaken(gettext("Choose one: {label}.").format(label=str(blank.label).lower()))
        elif blank is _SKU and text not in skus_of(rows):
            raise NotTaken(gettext("This system has no SKU «{sku}».").format(sku=text[:60]))
        else:
            filled[blank.name] = text
    return filled


def _number(label: str, text: str) -> int:
    try:
        found = int(text)
    except ValueError:
        raise NotTaken(gettext("{label}: write a whole number.").format(label=label)) from None
    if abs(found) > MOST:
        raise NotTaken(gettext("{label}: at most {most:,}.").format(label=label, most=MOST))
    return found


def skus_of(rows: Iterable[Row]) -> list[str]:
    """All that a system's ledger names, as products with their variants or as items."""
    found: list[str] = []
    for row in rows:
        if row["kind"] == "product":
            found += [line["sku"] for line in row["lines"]]
        elif row["kind"] == "item":
            found.append(row["label"])
    return list(dict.fromkeys(sku for sku in found if sku))
