"""What rules hold until somebody has looked at it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from rest_framework import serializers

from ekyam import ids
from ekyam.tenants.rights import Right
from flows.models import Delivery, Flow
from flows.operations.hold import reject, reject_many, release, release_many
from flows.queries.held import HeldRow, count_held, list_held, list_held_ids
from flows.queries.pages import Page
from portal.api.access import Call, Resource, listing, operation
from portal.api.bodies import IdIn, Input, Text
from portal.api.bulk import MOST_SHOWN, ManyIn, ManyOut
from portal.api.deliveries import DeliveryWholeOut, whole_of
from portal.api.parameters import public_id, text
from portal.api.shown import Id, Moment, Shown

ID = {"id": Delivery.prefix}
_FILTER = {"rule": "Large", "flow": "flw_01jd2vb3h5s8w2y6z0a4c7e9gk"}


class HeldOut(Shown):
    id = Id("dlv")
    label = serializers.CharField(help_text="What people call the record.")
    rule = serializers.CharField()
    reason = serializers.CharField()
    flow_id = Id("flw")
    flow = serializers.CharField()
    source = serializers.CharField()
    target = serializers.CharField()
    order_id = serializers.CharField(help_text="The order that it belongs to, or empty.")
    since = Moment()
    why = serializers.CharField(help_text="What rules have done to it.")

    example = {
        "id": "dlv_01jd2ve9v1x3z5b7d9f1h3k5mn",
        "label": "#1002",
        "rule": "Large",
        "reason": "Large orders are looked at.",
        "flow_id": "flw_01jd2vb3h5s8w2y6z0a4c7e9gk",
        "flow": "Orders",
        "source": "Shop",
        "target": "ERP",
        "order_id": "rec_01jd2vf1x3z5b7d9f1h3k5m7pq",
        "since": "2026-11-20T18:02:10.530Z",
        "why": "",
    }


class ReasonIn(Input):
    reason = Text(min_length=1, help_text="It is kept, and shown.")


class HeldFilterIn(Input):
    rule = Text(min_length=1, required=False)
    flow = IdIn(Flow.prefix, required=False)


class ReleaseManyIn(ManyIn):
    filter = HeldFilterIn()


class RejectManyIn(ManyIn):
    filter = HeldFilterIn()
    reason = Text(min_length=1)


class Held(Resource):
    @listing(
        "list_held",
        Right.LOOK,
        HeldOut,
        filters=(
            text("rule", "By this rule."),
            public_id("flow", "Of this flow alone.", Flow.prefix),
        ),
    )
    def get(self, call: Call) -> Page[HeldRow]:
        """List what rules hold, what has waited longest first."""
        return list_held(**{**call.query, "rule": call.query["rule"] or ""})


class ReleaseDelivery(Resource):
    @operation("release_delivery", Right.OPERATE, DeliveryWholeOut, ids=ID, may_conflict=True)
    def post(self, call: Call, id: str) -> dict[str, Any]:
        """Release what a rule holds: it is sent as it is, and not judged again."""
        release(Delivery.get_public(id))
        return whole_of(id)


class RejectDelivery(Resource):
    @operation(
        "reject_delivery",
        Right.OPERATE,
        DeliveryWholeOut,
        ids=ID,
        body=ReasonIn,
        example={"reason": "A test of ours."},
        may_conflict=True,
    )
    def post(self, call: Call, id: str) -> dict[str, Any]:
        """Reject what a rule holds: it is not sent."""
        reject(Delivery.get_public(id), call.body["reason"])
        return whole_of(id)


class ReleaseMany(Resource):
    @operation(
        "release_deliveries",
        Right.OPERATE,
        ManyOut,
        body=ReleaseManyIn,
        example={"filter": _FILTER, "dry_run": True},
    )
    def post(self, call: Call) -> dict[str, Any]:
        """Release many that are held."""
        return _do(call, release_many)


class RejectMany(Resource):
    @operation(
        "reject_deliveries",
        Right.OPERATE,
        ManyOut,
        body=RejectManyIn,
        example={"filter": _FILTER, "dry_run": True, "reason": "Tests of ours."},
    )
    def post(self, call: Call) -> dict[str, Any]:
        """Reject many that are held."""
        return _do(call, lambda found: reject_many(found, call.body["reason"]))


def _do(call: Call, act: Callable[[list[UUID]], int]) -> dict[str, Any]:
    wanted, is_dry = call.body["filter"], call.body["dry_run"]
    matched = count_held(**wanted)
    found = list_held_ids(**wanted, limit=call.body["limit"])
    done = 0 if is_dry else act(found)
    return {
        "dry_run": is_dry,
        "matched": matched,
        "done": done,
        "passed_over": 0 if is_dry else len(found) - done,
        "sample": [ids.public(Delivery.prefix, one) for one in found[:MOST_SHOWN]],
    }
