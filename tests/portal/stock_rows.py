"""A company's stock in every state: as offered, under way, stuck, sold, not mapped, gone."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flows.models import (
    Delivery,
    Event,
    Flow,
    KitPart,
    LookupRow,
    Record,
    Reservation,
    StockLevel,
    StockLocation,
    Sync,
)
from flows.operations.stock.offers import key_of, locations_table
from flows.states import State
from tests.portal.build import Shop

ODD_SKU = "A/B & C #1+2?"
FORMULA_SKU = '=HYPERLINK("x")'
HERE, STORE, SHOP, CLOSED = "4", "9", "70", "71"


@dataclass
class Stock:
    """Call its methods inside the tenant's scope."""

    shop: Shop
    flow: Flow

    def open(self) -> "Stock":
        """The warehouse's stock is offered in the shop; the ERP's is not."""
        Flow.objects.filter(label="Inventory Sync from the ERP").update(is_on=False)
        for slug, place, label, is_active in (
            ("whiplash", HERE, "Main warehouse", True),
            ("whiplash", STORE, "Store in Pune", True),
            ("shopify", SHOP, "Online", True),
            ("shopify", CLOSED, "Old shop", False),
        ):
            StockLocation.objects.create(
                tenant=self.shop.tenant,
                connection=self.shop.connections[slug],
                external_id=place,
                label=label,
                is_active=is_active,
            )
        LookupRow.objects.create(
            tenant=self.shop.tenant, table=locations_table(self.flow), key=HERE, value=SHOP
        )
        return self

    def level(self, slug: str, sku: str, place: str, number: int, **more: Any) -> StockLevel:
        values: dict[str, Any] = {"available": number, "as_of": self.shop.now}
        if slug == "whiplash":
            values["on_hand"] = number
        return StockLevel.objects.create(
            tenant=self.shop.tenant,
            connection=self.shop.connections[slug],
            external_id=f"{sku}-{place}"[:255],
            item_id=f"item of {sku}"[:120],
            sku=sku,
            location=place,
            **{**values, **more},
        )

    def pair(self, sku: str, held: int, offered: int) -> None:
        """So many in the warehouse, so many in the shop."""
        self.level("whiplash", sku, HERE, held)
        self.level("shopify", sku, SHOP, offered)

    def record(self, sku: str) -> Record:
        reference = f"{self.flow.target.account}:{key_of(sku, SHOP)}"
        found, _ = Record.objects.get_or_create(
            tenant=self.shop.tenant,
            resource="inventory_level",
            reference=reference,
            defaults={"label": sku},
        )
        return found

    def event(self, sync: Sync | None = None) -> Event:
        found = self.shop.event("whiplash", "inventory", self.shop.now - timedelta(minutes=2))
        Event.objects.filter(pk=found.pk).update(sync=sync)
        return found

    def delivery(
        self, sku: str, *, state: State, held: int, to: int, sync: Sync | None = None, **more: Any
    ) -> Delivery:
        return self.shop.delivery(
            self.flow,
            self.event(sync),
            self.record(sku),
            state=state,
            external_id=key_of(sku, SHOP),
            standard={"id": key_of(sku, SHOP), "sku": sku, "location": SHOP, "available": str(to)},
            why=f"Whiplash, at 4: available moved. The target held {held}, and {to} is offered.",
            lane=3,
            **more,
        )

    def sold(self, number: str, sku: str, quantity: int) -> Record:
        order = self.shop.record(number)
        Reservation.objects.create(
            tenant=self.shop.tenant,
            record=order,
            connection=self.shop.connections["shopify"],
            sku=sku,
            quantity=quantity,
        )
        return order

    def sync(self, state: str, **more: Any) -> Sync:
        values: dict[str, Any] = {
            "created_at": self.shop.now - timedelta(minutes=5),
            "started_at": self.shop.now - timedelta(minutes=5),
            "asked_by": "Asha",
            "since": None,
        }
        return Sync.objects.create(
            tenant=self.shop.tenant, flow=self.flow, state=state, **{**values, **more}
        )


def furnish_stock(shop: Shop) -> Stock:
    """Nine SKUs and a finished full comparison."""
    stock = Stock(shop, shop.flow("Inventory Sync")).open()
    done = stock.sync("done", checked=100_000, total=100_000, differing=37, finished_at=shop.now)
    stock.pair("LAMP-01", 40, 40)
    stock.pair("LAMP-02", 12, 15)
    stock.delivery("LAMP-02", state=State.PENDING, held=15, to=12)
    stock.pair("LAMP-03", 5, 9)
    stock.delivery(
        "LAMP-03",
        state=State.DEAD,
        held=9,
        to=5,
        sync=done,
        failure="rejected",
        reason="Shopify does not track the stock of LAMP-03.",
        blame="tenant",
    )
    stock.pair("LAMP-04", 20, 17)
    stock.sold("#1042", "LAMP-04", 2)
    stock.sold("#1047", "LAMP-04", 1)
    stock.delivery("LAMP-04", state=State.SUCCEEDED, held=20, to=17, sync=done)
    stock.level("whiplash", "SHADE-01", STORE, 5)
    stock.level("whiplash", "SHADE-02", HERE, 4)
    stock.level("shopify", "SHADE-02", SHOP, 4, is_gone=True)
    stock.level("whiplash", "SHADE-03", HERE, 3)
    stock.pair(ODD_SKU, 7, 7)
    stock.pair(FORMULA_SKU, 1, 1)
    KitPart.objects.create(tenant=shop.tenant, kit="SET-01", part="LAMP-01", quantity=2)
    return stock
