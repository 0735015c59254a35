"""Orders, and the journey of one by any of its ids."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from ekyam.tenants.rights import Right
from flows.models import Record
from flows.queries.find_orders import find_orders
from flows.queries.journey import Journey, get_journey
from flows.queries.orders import FILTERS, OrderRow, Wanted, list_orders
from flows.queries.pages import Page
from portal.api.access import Call, Resource, listing, operation
from portal.api.parameters import MOST_TEXT, one_of, text
from portal.api.problems import Problem
from portal.api.shown import Id, Moment, Shown


class SystemIdOut(Shown):
    system = serializers.CharField()
    text = serializers.CharField(help_text="What it is called there.")


class OrderOut(Shown):
    id = Id("rec")
    label = serializers.CharField()
    reference = serializers.CharField(help_text="Our own name of it, written into every system.")
    created_at = Moment()
    state = serializers.CharField(help_text="The worst that any of its deliveries is in.")
    systems = SystemIdOut(many=True)

    example = {
        "id": "rec_01jd2vf1x3z5b7d9f1h3k5m7pq",
        "label": "#1001",
        "reference": "shopify:juniper:order:551001",
        "created_at": "2026-11-20T18:02:10.530Z",
        "state": "succeeded",
        "systems": [{"system": "Shop", "text": "#1001"}, {"system": "ERP", "text": "SO1001"}],
    }


class StandingOut(Shown):
    """An order as one system knows it."""

    label = serializers.CharField(help_text="The system.")
    name = serializers.CharField(help_text="What people call the order there.")
    id = serializers.CharField()
    parts = serializers.ListField(child=serializers.CharField())
    state = serializers.CharField()


class HopOut(Shown):
    """One step: something received (`event`), or something sent (`delivery`)."""

    kind = serializers.ChoiceField(choices=["event", "delivery"])
    id = serializers.CharField()
    event_id = Id("evt", help_text="Its own, or what a delivery came of.")
    title = serializers.CharField()
    part = serializers.CharField(help_text="The kind of record that it was about.")
    source = serializers.CharField()
    target = serializers.CharField()
    state = serializers.CharField()
    began_at = Moment()
    at = Moment(help_text="When it ended, or began if it has not.")
    latency_seconds = serializers.FloatField(allow_null=True)
    result = serializers.CharField()
    note = serializers.CharField()
    reason = serializers.CharField()
    failure = serializers.CharField()
    blame = serializers.CharField()
    may_replay = serializers.BooleanField()
    may_cancel = serializers.BooleanField()


class MoneyLineOut(Shown):
    sku = serializers.CharField()
    title = serializers.CharField()
    quantity = serializers.CharField()
    unit_price = serializers.CharField()
    discount = serializers.CharField()
    tax = serializers.CharField()
    amount = serializers.CharField()


class TotalOut(Shown):
    label = serializers.CharField()
    amount = serializers.CharField()


class MoneyOut(Shown):
    """As people read it: amounts are text."""

    currency = serializers.CharField()
    lines = MoneyLineOut(many=True)
    totals = TotalOut(many=True)
    note = serializers.CharField()


class JourneyOut(Shown):
    id = Id("rec")
    label = serializers.CharField()
    reference = serializers.CharField()
    answer = serializers.CharField(help_text="What became of it, in one sentence.")
    is_open = serializers.BooleanField()
    is_cut = serializers.BooleanField(help_text="Only its newest steps are here.")
    systems = StandingOut(many=True)
    steps = HopOut(many=True, help_text="In the order in which they are told.")
    money = MoneyOut(allow_null=True)

    example = {
        "id": "rec_01jd2vf1x3z5b7d9f1h3k5m7pq",
        "label": "#1001",
        "reference": "shopify:juniper:order:551001",
        "answer": "Order #1001 is in Shop as #1001 and in ERP as SO1001.",
        "is_open": False,
        "is_cut": False,
        "systems": [
            {"label": "ERP", "name": "SO1001", "id": "901001", "parts": [], "state": "succeeded"}
        ],
        "steps": [
            {
                "kind": "delivery",
                "id": "dlv_01jd2ve9v1x3z5b7d9f1h3k5mn",
                "event_id": "evt_01jd2vc5n7q9s1t3v5w7x9z1ab",
                "title": "Orders",
                "part": "order",
                "source": "Shop",
                "target": "ERP",
                "state": "succeeded",
                "began_at": "2026-11-20T18:02:10.530Z",
                "at": "2026-11-20T18:02:11.900Z",
                "latency_seconds": 1.488,
                "result": "SO1001 901001",
                "note": "",
                "reason": "",
                "failure": "",
                "blame": "",
                "may_replay": True,
                "may_cancel": False,
            }
        ],
        "money": {
            "currency": "INR",
            "lines": [
                {
                    "sku": "JH-LAMP-01",
                    "title": "Reading lamp, brass",
                    "quantity": "2",
                    "unit_price": "50.00",
                    "discount": "-10.00",
                    "tax": "18.00",
                    "amount": "90.00",
                }
            ],
            "totals": [{"label": "Total", "amount": "118.00"}],
            "note": "",
        },
    }


class Orders(Resource):
    @listing(
        "list_orders",
        Right.LOOK,
        OrderOut,
        filters=(
            one_of("state", "`open`: under way; `dead`: stuck.", FILTERS),
            text("q", "Any id, number, e-mail, SKU or tracking number; then there is one page."),
        ),
    )
    def get(self, call: Call) -> Page[OrderRow]:
        """List orders, the newest first, or find them by what anybody calls them."""
        state, wanted = call.query.pop("state") or "all", call.query.pop("q")
        if wanted is None:
            return list_orders(wanted=Wanted(state), **call.query)
        found = find_orders(wanted)
        return Page([one for one in found if is_in(one, state)][: call.query["size"]])


def is_in(one: OrderRow, state: str) -> bool:
    """As FILTERS has it, of an order that was found by its name."""
    return not FILTERS[state] or any(held in FILTERS[state] for held, _ in one.counts)


class OneOrder(Resource):
    @operation("get_order", Right.LOOK, JourneyOut, ids={"id": ""}, is_ambiguous=True)
    def get(self, call: Call, id: str) -> dict[str, Any]:
        """Get the journey of one order, by any of its ids.

        By our own id, by our reference, or by its number, name or id in any system: `#1001` (as
        `%231001`), `SO1001`, `551001`. Where several orders are called so, `errors` names their
        ids.
        """
        return _told(get_journey(_find(id), now=timezone.now()))


def _find(id: str) -> str:
    """Raises Record.DoesNotExist, or Problem where there are several."""
    if len(id) > MOST_TEXT:
        raise Record.DoesNotExist
    found = find_orders(id)
    named = [one for one in found if id in (one.id, one.label, one.reference)] or found
    if not named:
        raise Record.DoesNotExist
    if len(named) > 1:
        errors = [{"at": one.id, "detail": f"{one.label}: {one.reference}"} for one in named]
        raise Problem("ambiguous_id", errors=errors)
    return named[0].id


def _told(found: Journey) -> dict[str, Any]:
    steps = [hop for chapter in found.chapters for hop in chapter.hops]
    money = found.money and {
        **vars(found.money),
        "totals": [{"label": label, "amount": amount} for label, amount in found.money.totals],
    }
    return {**vars(found), "steps": steps, "money": money}
