"""Plays the people: a shopper who orders, a clerk who approves, a picker who packs and ships."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from flows.demo.orders import ADDRESS, Kind
from flows.demo.remote import Remotes, Row

Say = Callable[[str, str, str], None]  # order, system, what happened


@dataclass
class Placed:
    """One order and how far its story has come; `seen` is what was told of it already."""

    kind: Kind
    id: str
    name: str
    placed_at: float
    seen: set[str] = field(default_factory=set)
    is_edited: bool = False
    is_mended: bool = False
    is_cancelled: bool = False


@dataclass
class Story:
    """Advances all orders by looking at the ledgers alone, as people look at their screens."""

    remotes: Remotes
    say: Say
    orders: list[Placed] = field(default_factory=list)

    def place(self, kind: Kind) -> Placed:
        made = self.remotes.shop.do("place_order", **kind.place)
        order = Placed(kind, made["id"], made["name"], time.monotonic())
        self.orders.append(order)
        self.say(order.name, "Shopify", f"placed ({kind.name}), {made['total']} USD")
        return order

    def play(self, *, seconds: float) -> bool:
        """Until every order is where it should be; False when that took too long."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if self.advance():
                return True
            time.sleep(0.25)
        return False

    def advance(self) -> bool:
        ledgers = Ledgers.read(self.remotes)
        for order in self.orders:
            self._tell(order, ledgers)
            self._act(order, ledgers)
        return all(not missing(order, ledgers) for order in self.orders)

    def _act(self, order: Placed, ledgers: "Ledgers") -> None:
        sale = ledgers.sale(order)
        if sale is None:
            return
        if order.kind.edit and not order.is_edited:
            self.remotes.shop.do("edit_order", order=order.id, lines=[order.kind.edit])
            order.is_edited = True
            self.say(order.name, "Shopify", f"edited: {order.kind.edit['quantity']} instead")
        elif order.kind.cancel == "early" and not order.is_cancelled:
            self.remotes.shop.do("cancel_order", order=order.id)
            order.is_cancelled = True
            self.say(order.name, "Shopify", "cancelled by the shopper")
        elif sale["state"] == "pending_approval" and self._may_approve(order, sale):
            self.remotes.erp.do("approve_orders", id=sale["id"])
        elif order.kind.lacks_address and not order.is_mended and not ledgers.parts(order):
            self._mend(order, sale)
        for part in ledgers.parts(order):
            if part["state"] == "Processing":
                self._ship(order, part)

    def _may_approve(self, order: Placed, sale: Row) -> bool:
        if order.kind.cancel == "early":
            return False
        wanted = order.kind.edit["quantity"] if order.kind.edit else None
        return wanted is None or any(row["quantity"] == wanted for row in sale["lines"])

    def _mend(self, order: Placed, sale: Row) -> None:
        """Once Ekyam has said what is missing: the dead letter is what the clerk acts upon."""
        if f"dead {order.name}" in order.seen:
            address = {
                "addressee": "Mara Quill",
                "addr1": ADDRESS["address1"],
                "city": ADDRESS["city"],
                "state": ADDRESS["province_code"],
                "zip": ADDRESS["zip"],
                "country": {"id": "US"},
            }
            self.remotes.erp.do("edit_order", id=sale["id"], body={"shippingAddress": address})
            order.is_mended = True
            self.say(order.name, "NetSuite", "the clerk filled in the address")

    def _ship(self, order: Placed, part: Row) -> None:
        lines = part["lines"]
        if order.kind.ships_in > 1 and part["label"] and len(lines) > 1:
            first = [{"line": lines[0]["reference"], "quantity": lines[0]["quantity"]}]
            self.remotes.warehouse.do("ship", order=part["id"], parcels=[{"items": first}])
            return
        parcels: list[dict[str, Any]] = [{"weight_oz": 12} for _ in range(order.kind.parcels)]
        self.remotes.warehouse.do("ship", order=part["id"], parcels=parcels)

    def _tell(self, order: Placed, ledgers: "Ledgers") -> None:
        for system, what in ledgers.news(order):
            if what not in order.seen:
                order.seen.add(what)
                self.say(order.name, system, what)


@dataclass
class Ledgers:
    """The three systems' own books, at one moment."""

    shop: dict[str, Row]
    sales: dict[str, list[Row]]  # by the order's id in the shop
    fulfilments: dict[str, list[Row]]  # by the sales order's id
    shipped: dict[str, list[Row]]  # by the order's id in the shop

    @classmethod
    def read(cls, remotes: Remotes) -> "Ledgers":
        erp = remotes.erp.look("ledger")
        return cls(
            shop={row["id"]: row for row in remotes.shop.rows("order")},
            sales=_by(_shop_id, (row for row in erp if row["kind"] == "sales_order")),
            fulfilments=_by(
                lambda row: str(row["order"]),
                (row for row in erp if row["kind"] == "item_fulfilment"),
            ),
            shipped=_by(_shop_id, remotes.warehouse.rows("order")),
        )

    def sales_of(self, order: Placed) -> list[Row]:
        return self.sales.get(order.id, [])

    def sale(self, order: Placed) -> Row | None:
        return next(iter(self.sales_of(order)), None)

    def parts(self, order: Placed) -> list[Row]:
        return self.shipped.get(order.id, [])

    def shipped_in_erp(self, order: Placed) -> list[Row]:
        sales = self.sales_of(order)
        return [row for sale in sales for row in self.fulfilments.get(str(sale["id"]), [])]

    def news(self, order: Placed) -> Iterable[tuple[str, str]]:
        for sale in self.sales_of(order):
            yield "NetSuite", f"sales order {sale['label']} is {_words(sale['state'])}"
        for part in self.parts(order):
            tracking = f", {', '.join(part['tracking'])}" if part["tracking"] else ""
            yield "Whiplash", f"order {part['id']} is {part['state'].lower()}{tracking}"
        for row in self.shipped_in_erp(order):
            yield (
                "NetSuite",
                f"item fulfilment {row['label']} with {len(row['tracking'])} parcel(s)",
            )
        shop = self.shop[order.id]
        for one in shop["fulfillments"]:
            yield "Shopify", f"fulfilment {one['name']}, {', '.join(one['tracking'])}"
        for tag in shop["tags"]:
            yield "Shopify", f"tagged {tag}"
        if shop["state"] != "UNFULFILLED":
            yield "Shopify", f"order is {_words(shop['state'])}"


def _words(state: str) -> str:
    return state.lower().replace("_", " ")


def _shop_id(row: Row) -> str:
    """Our reference ends in the order's id in the shop."""
    return str(row["reference"] or "").rpartition("-")[2]


def _by(key: Callable[[Row], str], rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found


def missing(order: Placed, ledgers: Ledgers) -> list[str]:
    """What keeps this order from being where it should be, exactly once, in all three systems."""
    expected, shop = order.kind.expected, ledgers.shop[order.id]
    sales, parts = ledgers.sales_of(order), ledgers.parts(order)
    found = []
    if len(sales) != 1:
        found.append(f"{len(sales)} sales orders in NetSuite instead of 1")
    elif sales[0]["state"] != expected["erp"]:
        found.append(f"NetSuite: {sales[0]['state']} instead of {expected['erp']}")
    if shop["state"] != expected["shop"]:
        found.append(f"Shopify: {shop['state']} instead of {expected['shop']}")
    if not expected["warehouse"]:
        return found + [f"Whiplash has order {part['id']}" for part in parts]
    return found + _missing_goods(order, ledgers, shop, parts)


def _missing_goods(order: Placed, ledgers: Ledgers, shop: Row, parts: list[Row]) -> list[str]:
    """Every unit ordered left the warehouse once, and is told once to the ERP and to the shop."""
    found = [f"Whiplash: {p['state']}" for p in parts if p["state"] != "Shipped"]
    if len(parts) != order.kind.ships_in:
        found.append(f"{len(parts)} orders in Whiplash instead of {order.kind.ships_in}")
    ordered = sum(line["quantity"] for line in shop["lines"])
    counts = {
        "shipped by Whiplash": sum(line["packed"] for part in parts for line in part["lines"]),
        "fulfilled in NetSuite": sum(
            float(line["quantity"])
            for row in ledgers.shipped_in_erp(order)
            for line in row["lines"]
        ),
        "fulfilled in Shopify": sum(
            line["quantity"] for one in shop["fulfillments"] for line in one["lines"]
        ),
    }
    found += [f"{n:g} of {ordered} units {what}" for what, n in counts.items() if n != ordered]
    if not any(tag.startswith("ERP ") for tag in shop["tags"]):
        found.append("the ERP's order number is not on the Shopify order")
    return found
