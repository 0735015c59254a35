"""Deliveries: each record that is written to a target, and what a person may do about it."""

from typing import Any

from rest_framework import serializers

from connectors.models import Connection
from ekyam.tenants.rights import Right
from flows.models import Delivery, Flow, Record, Run
from flows.operations.replay import (
    cancel_delivery,
    edit_delivery,
    replay_delivery,
    retry_delivery,
)
from flows.queries.dead_letters import DeadGroup, list_dead_groups
from flows.queries.pages import Page
from flows.queries.programs.deliveries import (
    DeliveryEntry,
    Wanted,
    get_delivery_whole,
    list_delivery_entries,
)
from flows.states import State
from portal.api.access import Call, Resource, listing, operation
from portal.api.bodies import Input, OneOf, Text
from portal.api.paging import cut_all
from portal.api.parameters import moment, one_of, public_id, text
from portal.api.shown import Id, Moment, Shown

ID = {"id": Delivery.prefix}
STATES = [state.value for state in State]
VERSIONS = ("same", "newest")


class DeliveryOut(Shown):
    id = Id("dlv")
    state = serializers.ChoiceField(choices=STATES)
    label = serializers.CharField(help_text="What people call the record.")
    resource = serializers.CharField()
    flow_id = Id("flw", allow_null=True)
    version_id = Id(
        "ver", allow_null=True, help_text="Of the flow, that it is written by; null without one."
    )
    connection_id = Id("con", allow_null=True, help_text="That it is written to.")
    record_id = Id("rec", allow_null=True)
    order_id = Id("rec", allow_null=True, help_text="The order that it belongs to.")
    event_id = Id("evt", help_text="What it came of.")
    run_id = Id("run", allow_null=True)
    action = serializers.CharField()
    external_id = serializers.CharField(help_text="The record's id in the source.")
    result_id = serializers.CharField(help_text="The record's id in the target.")
    result_label = serializers.CharField()
    failure = serializers.CharField()
    reason = serializers.CharField(help_text="Why it is not done, in the vendor's words.")
    blame = serializers.CharField(help_text="Who must act.")
    note = serializers.CharField()
    why = serializers.CharField(help_text="Why it was made, where that is not plain.")
    attempts_made = serializers.IntegerField()
    may_replay = serializers.BooleanField()
    may_waive = serializers.BooleanField()
    received_at = Moment()
    created_at = Moment()
    due_at = Moment(allow_null=True)
    finished_at = Moment(allow_null=True)

    example = {
        "id": "dlv_01jd2ve9v1x3z5b7d9f1h3k5mn",
        "state": "dead",
        "label": "#1002",
        "resource": "order",
        "flow_id": "flw_01jd2vb3h5s8w2y6z0a4c7e9gk",
        "version_id": None,
        "connection_id": "con_01jd2va1b3c5d7e9f0g2h4j6km",
        "record_id": "rec_01jd2vf1x3z5b7d9f1h3k5m7pq",
        "order_id": "rec_01jd2vf1x3z5b7d9f1h3k5m7pq",
        "event_id": "evt_01jd2vc5n7q9s1t3v5w7x9z1ab",
        "run_id": "run_01jd2vd7r9t1v3x5z7b9d1f3hj",
        "action": "create_order",
        "external_id": "901002",
        "result_id": "",
        "result_label": "",
        "failure": "rejected",
        "reason": "The postcode needs six digits.",
        "blame": "tenant",
        "note": "",
        "why": "",
        "attempts_made": 1,
        "may_replay": True,
        "may_waive": True,
        "received_at": "2026-11-20T18:02:10.412Z",
        "created_at": "2026-11-20T18:02:10.530Z",
        "due_at": None,
        "finished_at": "2026-11-20T18:02:11.900Z",
    }


class ExchangeOut(Shown):
    method = serializers.CharField()
    url = serializers.CharField()
    sent = serializers.CharField()
    status = serializers.CharField(help_text="The HTTP status, or why there is none.")
    answer = serializers.CharField()
    headers = serializers.CharField()
    seconds = serializers.FloatField(allow_null=True)
    writes = serializers.BooleanField(help_text="Whether it was the request that writes.")


class AttemptOut(Shown):
    number = serializers.IntegerField()
    started_at = Moment()
    seconds = serializers.FloatField()
    outcome = serializers.CharField()
    reason = serializers.CharField()
    exchanges = ExchangeOut(many=True, help_text="Trimmed, and without secrets.")


class DeliveryWholeOut(DeliveryOut):
    standard = serializers.DictField(
        child=serializers.JSONField(), allow_null=True, help_text="The record in the standard."
    )
    attempts = AttemptOut(many=True)

    example = {
        **DeliveryOut.example,
        "standard": {"id": "901002", "number": "SO1002", "lines": []},
        "attempts": [
            {
                "number": 1,
                "started_at": "2026-11-20T18:02:11.400Z",
                "seconds": 0.43,
                "outcome": "rejected",
                "reason": "The postcode needs six digits.",
                "exchanges": [
                    {
                        "method": "POST",
                        "url": "https://warehouse.example/api/orders",
                        "sent": '{"reference": "901002"}',
                        "status": "422",
                        "answer": '{"message": "The postcode needs six digits."}',
                        "headers": "content-type: application/json",
                        "seconds": 0.41,
                        "writes": True,
                    }
                ],
            }
        ],
    }


class EditIn(Input):
    standard = serializers.DictField(
        child=serializers.JSONField(allow_null=True),
        help_text="The whole record in the standard, as `get_delivery` shows it, with your edits.",
    )


class ReplayIn(Input):
    version = OneOf(
        choices=VERSIONS,
        default="same",
        help_text="`same`: by the version that has made it. `newest`: by today's; what cannot"
        " have been written yet is read anew and judged by today's rules.",
    )


class WaiveIn(Input):
    note = Text(min_length=1, help_text="Why it need not be written: it is kept, and shown.")


class Deliveries(Resource):
    @listing(
        "list_deliveries",
        Right.LOOK,
        DeliveryOut,
        filters=(
            one_of("state", "In this state.", STATES),
            public_id("flow", "Of this flow alone.", Flow.prefix),
            public_id("connection", "Written to this connection.", Connection.prefix),
            public_id("run", "Made by this run.", Run.prefix),
            public_id("record", "Of this record.", Record.prefix),
            text("failure", "Failed in this way, such as `rejected`."),
            text("cause", "Died of this cause: the `key` of a group of dead letters."),
            moment("received_after", "Received at this time or later."),
            moment("received_before", "Received before this time."),
        ),
    )
    def get(self, call: Call) -> Page[DeliveryEntry]:
        """List deliveries, the newest first."""
        after, size = call.query.pop("after"), call.query.pop("size")
        return list_delivery_entries(Wanted(**call.query), after=after, size=size)


class OneDelivery(Resource):
    @operation("get_delivery", Right.LOOK, DeliveryWholeOut, ids=ID)
    def get(self, call: Call, id: str) -> dict[str, Any]:
        """Get one delivery, with its record and every try."""
        return whole_of(id)


class RetryDelivery(Resource):
    @operation("retry_delivery", Right.OPERATE, DeliveryWholeOut, ids=ID, may_conflict=True)
    def post(self, call: Call, id: str) -> dict[str, Any]:
        """Send again what has not arrived.

        One that has succeeded is refused: see `replay_delivery`. What may have been written is
        looked up in the target first, so that nothing is written twice.
        """
        retry_delivery(Delivery.get_public(id))
        return whole_of(id)


class ReplayDelivery(Resource):
    @operation(
        "replay_delivery",
        Right.OPERATE,
        DeliveryWholeOut,
        ids=ID,
        body=ReplayIn,
        example={"version": "newest"},
        may_conflict=True,
    )
    def post(self, call: Call, id: str) -> dict[str, Any]:
        """Send it again, whether or not it has arrived.

        What could not even be read is read anew, by a new event of the same bytes.
        """
        replay_delivery(Delivery.get_public(id), version=call.body["version"])
        return whole_of(id)


class EditDelivery(Resource):
    @operation(
        "edit_delivery",
        Right.OPERATE,
        DeliveryWholeOut,
        ids=ID,
        body=EditIn,
        example={"standard": {"id": "901002", "number": "SO1002", "lines": []}},
        may_conflict=True,
    )
    def post(self, call: Call, id: str) -> dict[str, Any]:
        """Put an edited record in its place, and send it.

        It is checked like any other record; one that does not hold is `refused`. A quantity of
        stock cannot be edited: it is found when it is sent.
        """
        edit_delivery(Delivery.get_public(id), call.body["standard"])
        return whole_of(id)


class WaiveDelivery(Resource):
    @operation(
        "waive_delivery",
        Right.OPERATE,
        DeliveryWholeOut,
        ids=ID,
        body=WaiveIn,
        example={"note": "Shipped by hand."},
        may_conflict=True,
    )
    def post(self, call: Call, id: str) -> dict[str, Any]:
        """Call it off: it need not be written.

        Only while nothing can have been written. It can be replayed later.
        """
        cancel_delivery(Delivery.get_public(id), note=waived(call, call.body["note"]))
        return whole_of(id)


def waived(call: Call, note: str) -> str:
    return f"Waived by {call.seat.person}: {note}"


def whole_of(id: str) -> dict[str, Any]:
    found = get_delivery_whole(id)
    return {**vars(found.entry), "standard": found.standard, "attempts": found.attempts}


class DeadGroupOut(Shown):
    key = serializers.CharField(help_text="To be given as `cause` elsewhere.")
    failure = serializers.CharField()
    reason = serializers.CharField()
    blame = serializers.CharField()
    count = serializers.IntegerField()
    first_at = Moment(allow_null=True)
    last_at = Moment(allow_null=True)
    example_id = Id("dlv")
    example_label = serializers.CharField()

    example = {
        "key": "9e107d9d372bb6826bd81d3542a419d6",
        "failure": "rejected",
        "reason": "The postcode needs six digits.",
        "blame": "tenant",
        "count": 12,
        "first_at": "2026-11-20T09:00:00Z",
        "last_at": "2026-11-20T18:02:11.900Z",
        "example_id": "dlv_01jd2ve9v1x3z5b7d9f1h3k5mn",
        "example_label": "#1002",
    }


class DeadLetters(Resource):
    @listing("list_dead_letters", Right.LOOK, DeadGroupOut)
    def get(self, call: Call) -> Page[DeadGroup]:
        """List dead letters by their cause, the newest cause first."""
        return cut_all(list_dead_groups(), **call.query, key="key")
