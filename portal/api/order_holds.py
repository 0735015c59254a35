"""A person's or a program's hold on an order: nothing of it leaves until it is released."""

from rest_framework import serializers

from ekyam.tenants.rights import Right
from flows.models import OrderHold, Record
from flows.operations.hold_order import hold_order, release_order
from flows.queries.holds import get_order
from portal.api.access import Call, Resource, operation
from portal.api.bodies import Input, Text
from portal.api.shown import Id, Moment, Shown

ID = {"id": Record.prefix}


class HoldOut(Shown):
    id = Id("ohd")
    order_id = Id("rec")
    reason = serializers.CharField()
    held_by = serializers.CharField()
    held_at = Moment()
    released_at = Moment(allow_null=True)

    example = {
        "id": "ohd_01jd2vh2v4x6z8b1d3f5h7k9mn",
        "order_id": "rec_01jd2vf1x3z5b7d9f1h3k5m7pq",
        "reason": "The customer asks for another address.",
        "held_by": "Fraud check",
        "held_at": "2026-11-20T18:02:10.530Z",
        "released_at": None,
    }


class HoldIn(Input):
    reason = Text(min_length=1, max_length=300, help_text="It is kept, and shown with the order.")


class HoldOrder(Resource):
    @operation(
        "hold_order",
        Right.OPERATE,
        HoldOut,
        ids=ID,
        body=HoldIn,
        example={"reason": "The customer asks for another address."},
        may_conflict=True,
    )
    def post(self, call: Call, id: str) -> dict[str, object]:
        """Hold an order: nothing more of it leaves, also what comes later, until it is released."""
        order = get_order(id)
        return _told(order, hold_order(order, call.body["reason"]))


class ReleaseOrder(Resource):
    @operation("release_order", Right.OPERATE, HoldOut, ids=ID, may_conflict=True)
    def post(self, call: Call, id: str) -> dict[str, object]:
        """Release an order that is held: what waits is sent as it is now."""
        order = get_order(id)
        return _told(order, release_order(order))


def _told(order: Record, hold: OrderHold) -> dict[str, object]:
    return {**vars(hold), "id": hold.public_id, "order_id": order.public_id}
