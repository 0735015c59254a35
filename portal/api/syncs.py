"""Full comparisons of stock: begun, stopped, and answered when they ask."""

from typing import Any

from rest_framework import serializers

from ekyam import ids
from ekyam.tenants.rights import Right
from flows.models import Flow, Sync, SyncState
from flows.operations.stock.finish import answer_sync, stop_sync
from flows.operations.stock.plan import ask_for_sync
from flows.queries.pages import Page
from flows.queries.stock.settings import get_stock_flow
from flows.queries.stock.syncs import SyncRow, get_sync, list_syncs
from flows.states import IllegalMove
from portal.api.access import Call, Resource, listing, operation
from portal.api.bodies import IdIn, Input, YesNo
from portal.api.shown import Id, Moment, Shown

ID = {"id": Sync.prefix}


class StateField(serializers.ChoiceField):
    """Pages call it sync_done, for their words; here it is done."""

    def to_representation(self, value: Any) -> str:
        return str(value).removeprefix("sync_")


class SyncOut(Shown):
    id = Id("syn")
    flow_id = Id("flw")
    flow = serializers.CharField()
    state = StateField(choices=SyncState.values)
    began = serializers.CharField(help_text="Who or what asked for it.")
    is_running = serializers.BooleanField()
    done = serializers.IntegerField(help_text="Of the phase that is under way.")
    total = serializers.IntegerField(allow_null=True, help_text="Null while nobody knows.")
    checked = serializers.IntegerField()
    answer = serializers.CharField(help_text="How far it is, or what came of it, in a sentence.")
    reason = serializers.CharField(help_text="Why it asks, stopped or failed.")
    created_at = Moment()
    finished_at = Moment(allow_null=True)

    example = {
        "id": "syn_01jd2vg3z5b7d9f1h3k5m7p9rs",
        "flow_id": "flw_01jd2vb3h5s8w2y6z0a4c7e9gk",
        "flow": "Inventory Sync",
        "state": "asks",
        "began": "Noon",
        "is_running": True,
        "done": 600,
        "total": 1000,
        "checked": 600,
        "answer": "It waits for a person: Warehouse showed 600 levels, and 400 are missing.",
        "reason": "Warehouse showed 600 levels, and 400 are missing.",
        "created_at": "2026-11-20T06:30:00Z",
        "finished_at": None,
    }


class CountsOut(Shown):
    """What became of what it found to differ."""

    written = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    failed = serializers.IntegerField()
    open = serializers.IntegerField()
    left = serializers.IntegerField()


class SyncWholeOut(SyncOut):
    differing = serializers.IntegerField()
    missing = serializers.IntegerField(help_text="Levels that the source did not show any more.")
    counts = CountsOut()

    example = {
        **SyncOut.example,
        "differing": 12,
        "missing": 400,
        "counts": {"written": 0, "unchanged": 0, "failed": 0, "open": 0, "left": 0},
    }


class StartIn(Input):
    flow_id = IdIn(Flow.prefix, help_text="A flow of stock, which must be On.")
    reads_target = YesNo(default=False, help_text="Also read back what the target holds, first.")


class AnswerIn(Input):
    goes_on = YesNo(help_text="True: what it found is right, write it. False: leave it.")


def _whole(id: str) -> dict[str, Any]:
    found = get_sync(id)
    return {**vars(found), **vars(found.row)}


class Syncs(Resource):
    @listing("list_syncs", Right.LOOK, SyncOut)
    def get(self, call: Call) -> Page[SyncRow]:
        """List full comparisons, the newest first."""
        return list_syncs(**call.query)

    @operation(
        "start_sync",
        Right.OPERATE,
        SyncWholeOut,
        body=StartIn,
        example={"flow_id": "flw_01jd2vb3h5s8w2y6z0a4c7e9gk", "reads_target": True},
        status=201,
        may_conflict=True,
        may_miss=True,
    )
    def post(self, call: Call) -> dict[str, Any]:
        """Begin a full comparison of what a flow of stock offers.

        One at a time for each flow.
        """
        flow = get_stock_flow(ids.public(Flow.prefix, call.body["flow_id"]))
        if not flow.is_on:
            raise IllegalMove(f"{flow.label} is off: nothing is compared until it is on.")
        begun = ask_for_sync(flow, by=call.seat.person, reads_target=call.body["reads_target"])
        if begun is None:
            raise IllegalMove(f"{flow.label} is being compared already.")
        return _whole(begun.public_id)


class OneSync(Resource):
    @operation("get_sync", Right.LOOK, SyncWholeOut, ids=ID)
    def get(self, call: Call, id: str) -> dict[str, Any]:
        """Get one full comparison."""
        return _whole(id)


class StopSync(Resource):
    @operation("stop_sync", Right.OPERATE, SyncWholeOut, ids=ID, may_conflict=True)
    def post(self, call: Call, id: str) -> dict[str, Any]:
        """Stop a full comparison.

        What was written stays.
        """
        stop_sync(Sync.get_public(id), by=call.seat.person)
        return _whole(id)


class AnswerSync(Resource):
    @operation(
        "answer_sync",
        Right.OPERATE,
        SyncWholeOut,
        ids=ID,
        body=AnswerIn,
        example={"goes_on": True},
        may_conflict=True,
    )
    def post(self, call: Call, id: str) -> dict[str, Any]:
        """Answer a full comparison that asks."""
        answer_sync(Sync.get_public(id), goes_on=call.body["goes_on"], by=call.seat.person)
        return _whole(id)
