"""Events as they came, and runs."""

from typing import Any

from rest_framework import serializers

from connectors.models import Connection
from ekyam.tenants.rights import Right
from flows.models import Event, Flow, Run
from flows.models.event import EventState, Origin
from flows.operations.answer import mark_answered
from flows.queries.pages import Page
from flows.queries.programs.received import (
    EventEntry,
    RunEntry,
    get_event_whole,
    get_run_entry,
    list_event_entries,
    list_run_entries,
)
from flows.states import IllegalMove
from portal.api.access import Call, Resource, listing, operation
from portal.api.parameters import moment, one_of, public_id, text
from portal.api.shown import Id, Moment, Shown

EVENT_ID = {"id": Event.prefix}
CONNECTION = public_id("connection", "Of this connection alone.", Connection.prefix)
ORIGIN = one_of("origin", "How it came.", Origin.values)
SPAN = (
    moment("received_after", "Received at this time or later."),
    moment("received_before", "Received before this time."),
)


class EventOut(Shown):
    id = Id("evt")
    connection_id = Id("con")
    origin = serializers.ChoiceField(choices=Origin.values)
    topic = serializers.CharField(help_text="The vendor's name of a webhook's kind.")
    feed = serializers.CharField()
    state = serializers.ChoiceField(choices=EventState.values)
    note = serializers.CharField()
    sent_at = Moment(allow_null=True)
    received_at = Moment()

    example = {
        "id": "evt_01jd2vc5n7q9s1t3v5w7x9z1ab",
        "connection_id": "con_01jd2v9k6qf4x8m3n7p5r1t0wa",
        "origin": "webhook",
        "topic": "orders/create",
        "feed": "orders",
        "state": "routed",
        "note": "",
        "sent_at": "2026-11-20T18:02:10Z",
        "received_at": "2026-11-20T18:02:10.412Z",
    }


class EventWholeOut(EventOut):
    headers = serializers.DictField(child=serializers.CharField())
    body = serializers.CharField(help_text="As it came, as text.")
    is_exact = serializers.BooleanField(help_text="False where the bytes were no UTF-8.")

    example = {
        **EventOut.example,
        "headers": {"content-type": "application/json"},
        "body": '{"id": 551001, "name": "#1001"}',
        "is_exact": True,
    }


class Events(Resource):
    @listing(
        "list_events",
        Right.LOOK,
        EventOut,
        filters=(
            CONNECTION,
            one_of("state", "In this state.", EventState.values),
            ORIGIN,
            text("topic", "Of this topic."),
            *SPAN,
        ),
    )
    def get(self, call: Call) -> Page[EventEntry]:
        """List what was received, the newest first."""
        return list_event_entries(**call.query)


class OneEvent(Resource):
    @operation("get_event", Right.LOOK, EventWholeOut, ids=EVENT_ID)
    def get(self, call: Call, id: str) -> dict[str, Any]:
        """Get one event, with its body as it came."""
        return _whole(id)


class AnswerEvent(Resource):
    @operation("answer_event", Right.OPERATE, EventWholeOut, ids=EVENT_ID, may_conflict=True)
    def post(self, call: Call, id: str) -> dict[str, Any]:
        """Say that what an event asked of a person has been done.

        Such as a shopper's wish to know which data are kept: events in the state `asks`.
        """
        if not mark_answered(Event.get_public(id), note=f"Answered by {call.seat.person}."):
            raise IllegalMove("It asks nothing of a person.")
        return _whole(id)


def _whole(id: str) -> dict[str, Any]:
    found = get_event_whole(id)
    more = {"headers": found.headers, "body": found.body, "is_exact": found.is_exact}
    return {**vars(found.entry), **more}


class RunOut(Shown):
    id = Id("run")
    connection_id = Id("con")
    flow_id = Id("flw", allow_null=True)
    feed = serializers.CharField()
    origin = serializers.ChoiceField(choices=Origin.values)
    state = serializers.ChoiceField(choices=["open", "done", "failed"])
    records = serializers.IntegerField()
    deliveries = serializers.IntegerField(help_text="How many it made; list them by `run`.")
    failure = serializers.CharField()
    started_at = Moment()
    finished_at = Moment(allow_null=True)

    example = {
        "id": "run_01jd2vd7r9t1v3x5z7b9d1f3hj",
        "connection_id": "con_01jd2v9k6qf4x8m3n7p5r1t0wa",
        "flow_id": "flw_01jd2vb3h5s8w2y6z0a4c7e9gk",
        "feed": "orders",
        "origin": "webhook",
        "state": "done",
        "records": 1,
        "deliveries": 1,
        "failure": "",
        "started_at": "2026-11-20T18:02:10.480Z",
        "finished_at": "2026-11-20T18:02:10.660Z",
    }


class Runs(Resource):
    @listing(
        "list_runs",
        Right.LOOK,
        RunOut,
        filters=(
            CONNECTION,
            public_id("flow", "Of this flow alone.", Flow.prefix),
            ORIGIN,
            moment("started_after", "Started at this time or later."),
            moment("started_before", "Started before this time."),
        ),
    )
    def get(self, call: Call) -> Page[RunEntry]:
        """List runs, the newest first.

        A run is what came of one batch of events, or of one poll that found something or failed.
        """
        return list_run_entries(**call.query)


class OneRun(Resource):
    @operation("get_run", Right.LOOK, RunOut, ids={"id": Run.prefix})
    def get(self, call: Call, id: str) -> RunEntry:
        """Get one run."""
        return get_run_entry(id)
