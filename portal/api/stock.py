"""Stock: what each system says, side by side, and what is offered."""

from collections.abc import Iterator
from typing import Any

from rest_framework import serializers

from ekyam.tenants.rights import Right
from flows.queries.pages import Page
from flows.queries.stock.item import QUANTITIES, Item, get_item
from flows.queries.stock.layout import Layout, System, find_layout
from flows.queries.stock.listing import StockRow, list_stock
from flows.queries.stock.skus import SHOWS, Wanted
from portal.api.access import Call, Resource, listing, operation
from portal.api.parameters import MOST_TEXT, one_of, text
from portal.api.problems import Problem
from portal.api.shown import Id, Moment, Shown


class PlaceOut(Shown):
    """Of a source `on_hand` and `available`; of a target what it `holds` and is `offered`."""

    system = serializers.CharField()
    place = serializers.CharField()
    is_target = serializers.BooleanField()
    on_hand = serializers.IntegerField(allow_null=True)
    available = serializers.IntegerField(allow_null=True)
    holds = serializers.IntegerField(allow_null=True)
    offered = serializers.IntegerField(allow_null=True)
    differs = serializers.BooleanField()


class StockOut(Shown):
    sku = serializers.CharField()
    state = serializers.CharField(help_text="`as_offered` when all is as it should be.")
    reasons = serializers.ListField(child=serializers.CharField())
    places = PlaceOut(many=True)

    example = {
        "sku": "JH-LAMP-01",
        "state": "correcting",
        "reasons": ["Shop: holds 40, and 37 is offered, on its way"],
        "places": [
            {
                "system": "Warehouse",
                "place": "Main",
                "is_target": False,
                "on_hand": 40,
                "available": 37,
                "holds": None,
                "offered": None,
                "differs": False,
            },
            {
                "system": "Shop",
                "place": "Online",
                "is_target": True,
                "on_hand": None,
                "available": None,
                "holds": 40,
                "offered": 37,
                "differs": True,
            },
        ],
    }


class LevelOut(Shown):
    """What one system says of one place; null where it does not tell."""

    system = serializers.CharField()
    place = serializers.CharField()
    on_hand = serializers.IntegerField(allow_null=True)
    available = serializers.IntegerField(allow_null=True)
    committed = serializers.IntegerField(allow_null=True)
    safety = serializers.IntegerField(allow_null=True)
    damaged = serializers.IntegerField(allow_null=True)
    quarantined = serializers.IntegerField(allow_null=True)
    as_of = Moment()
    changed_at = Moment(allow_null=True)
    is_gone = serializers.BooleanField()


class TermOut(Shown):
    words = serializers.CharField()
    amount = serializers.IntegerField()


class SumOut(Shown):
    """How much is offered at one place of one target, term by term."""

    flow_id = Id("flw")
    target = serializers.CharField()
    place = serializers.CharField()
    lines = TermOut(many=True)
    quantity = serializers.IntegerField()
    held = serializers.IntegerField(allow_null=True)
    differs = serializers.BooleanField()


class ItemOut(Shown):
    sku = serializers.CharField()
    answer = serializers.CharField(help_text="How it stands, in a sentence.")
    state = serializers.CharField()
    reasons = serializers.ListField(child=serializers.CharField())
    levels = LevelOut(many=True)
    sums = SumOut(many=True)

    example = {
        "sku": "JH-LAMP-01",
        "answer": "37 are offered at Online in Shop, which holds 40.",
        "state": "correcting",
        "reasons": ["Shop: holds 40, and 37 is offered, on its way"],
        "levels": [
            {
                "system": "Warehouse",
                "place": "Main",
                "on_hand": 40,
                "available": 37,
                "committed": None,
                "safety": None,
                "damaged": None,
                "quarantined": None,
                "as_of": "2026-11-20T18:00:00Z",
                "changed_at": None,
                "is_gone": False,
            }
        ],
        "sums": [
            {
                "flow_id": "flw_01jd2vb3h5s8w2y6z0a4c7e9gk",
                "target": "Shop",
                "place": "Online",
                "lines": [{"words": "available at Main", "amount": 37}],
                "quantity": 37,
                "held": 40,
                "differs": True,
            }
        ],
    }


class Levels(Resource):
    @listing(
        "list_stock",
        Right.LOOK,
        StockOut,
        filters=(
            one_of("show", "Only those that are so.", SHOWS),
            text("sku", "That begin so, as written or in capitals."),
        ),
    )
    def get(self, call: Call) -> Page[dict[str, Any]]:
        """List SKUs with what each system says and what is offered, by SKU."""
        layout = find_layout()
        wanted = Wanted(call.query["show"] or "all", call.query["sku"] or "", call.query["after"])
        found = list_stock(layout, wanted, size=call.query["size"])
        return Page([_row(layout, one) for one in found.rows], found.next)


class OneItem(Resource):
    @operation("get_stock", Right.LOOK, ItemOut, ids={"sku": ""})
    def get(self, call: Call, sku: str) -> dict[str, Any]:
        """Get one SKU: its levels in every system, and the sum of what is offered."""
        if len(sku) > MOST_TEXT:
            raise Problem("not_found")
        return _item(get_item(sku))


def _row(layout: Layout, row: StockRow) -> dict[str, Any]:
    places = [place for one in _by_system(layout, row) for place in one]
    reasons = [str(reason) for reason in row.reasons]
    return {"sku": row.sku, "state": row.state, "reasons": reasons, "places": places}


def _by_system(layout: Layout, row: StockRow) -> Iterator[list[dict[str, Any]]]:
    """The cells stand in the order of the systems, two for each column."""
    start = 0
    for system in layout.systems:
        yield _places(system, row, start)
        start += system.width


def _places(system: System, row: StockRow, start: int) -> list[dict[str, Any]]:
    found = []
    for number, column in enumerate(system.columns):
        first, second = row.cells[start + 2 * number : start + 2 * number + 2]
        here, there = (None, None), (first.number, second.number)
        on_hand, available = here if system.is_target else there
        holds, offered = there if system.is_target else here
        found.append(
            {
                "system": system.label,
                "place": column.label,
                "is_target": system.is_target,
                "on_hand": on_hand,
                "available": available,
                "holds": holds,
                "offered": offered,
                "differs": first.differs,
            }
        )
    return found


def _item(found: Item) -> dict[str, Any]:
    levels = [
        {**vars(one), **dict(zip(QUANTITIES, one.quantities, strict=True))} for one in found.levels
    ]
    reasons = [str(reason) for reason in found.reasons]
    return {**vars(found), "levels": levels, "reasons": reasons}
