"""Many deliveries at once, by a filter; first, if asked, only how many and which."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from rest_framework import serializers

from connectors.models import Connection
from ekyam import ids
from ekyam.tenants.rights import Right
from flows.models import Delivery, Flow, Run
from flows.operations.replay_many import replay_many
from flows.operations.waive_many import waive_many
from flows.queries.programs.deliveries import Wanted, count_wanted, list_wanted_ids
from flows.states import CANCELLABLE, REPLAYABLE, RETRYABLE, State
from portal.api.access import Call, Resource, operation
from portal.api.bodies import IdIn, Input, MomentIn, OneOf, Text, Whole, YesNo
from portal.api.deliveries import VERSIONS, waived
from portal.api.shown import Id, Shown

MOST_AT_ONCE = 500
MOST_SHOWN = 20


class _FilterIn(Input):
    flow = IdIn(Flow.prefix, required=False)
    connection = IdIn(Connection.prefix, required=False)
    run = IdIn(Run.prefix, required=False)
    failure = Text(min_length=1, required=False)
    cause = Text(min_length=1, required=False, help_text="The `key` of a group of dead letters.")
    received_after = MomentIn(required=False)
    received_before = MomentIn(required=False)


def _states(states: Sequence[State]) -> OneOf:
    return OneOf(choices=[state.value for state in states])


class RetryFilterIn(_FilterIn):
    state = _states(RETRYABLE)


class ReplayFilterIn(_FilterIn):
    state = _states(REPLAYABLE)


class WaiveFilterIn(_FilterIn):
    state = _states(CANCELLABLE)


class ManyIn(Input):
    dry_run = YesNo(default=False, help_text="Only say what it would be done to.")
    limit = Whole(
        min_value=1,
        max_value=MOST_AT_ONCE,
        default=MOST_AT_ONCE,
        help_text="At most so many, the oldest first.",
    )


class RetryManyIn(ManyIn):
    filter = RetryFilterIn()


class ReplayManyIn(ManyIn):
    filter = ReplayFilterIn()
    version = OneOf(choices=VERSIONS, default="same", help_text="As in `replay_delivery`.")


class WaiveManyIn(ManyIn):
    filter = WaiveFilterIn()
    note = Text(min_length=1)


class ManyOut(Shown):
    dry_run = serializers.BooleanField()
    matched = serializers.IntegerField(help_text="So many are as the filter says.")
    done = serializers.IntegerField(help_text="To so many of them it was done; none by a dry run.")
    passed_over = serializers.IntegerField(
        help_text="Of those that were tried: moved on meanwhile, or perhaps written already."
    )
    sample = serializers.ListField(child=Id("dlv"), help_text="The first of those that match.")

    example = {
        "dry_run": True,
        "matched": 12,
        "done": 0,
        "passed_over": 0,
        "sample": ["dlv_01jd2ve9v1x3z5b7d9f1h3k5mn"],
    }


_EXAMPLE = {
    "filter": {"state": "dead", "cause": "9e107d9d372bb6826bd81d3542a419d6"},
    "dry_run": True,
}


class RetryMany(Resource):
    @operation("retry_deliveries", Right.OPERATE, ManyOut, body=RetryManyIn, example=_EXAMPLE)
    def post(self, call: Call) -> dict[str, Any]:
        """Send many again that have not arrived."""
        return _do(call, RETRYABLE, lambda found: replay_many(found, states=RETRYABLE))


class ReplayMany(Resource):
    @operation("replay_deliveries", Right.OPERATE, ManyOut, body=ReplayManyIn, example=_EXAMPLE)
    def post(self, call: Call) -> dict[str, Any]:
        """Send many again, whether or not they have arrived."""
        version = call.body["version"]
        return _do(call, REPLAYABLE, lambda found: replay_many(found, version=version))


class WaiveMany(Resource):
    @operation(
        "waive_deliveries",
        Right.OPERATE,
        ManyOut,
        body=WaiveManyIn,
        example={**_EXAMPLE, "note": "Shipped by hand."},
    )
    def post(self, call: Call) -> dict[str, Any]:
        """Call many off."""
        note = waived(call, call.body["note"])
        return _do(call, CANCELLABLE, lambda found: waive_many(found, note=note))


def _do(call: Call, states: Sequence[State], act: Callable[[list[UUID]], int]) -> dict[str, Any]:
    wanted, is_dry = Wanted(**call.body["filter"]), call.body["dry_run"]
    matched = count_wanted(wanted, states=states)
    found = list_wanted_ids(wanted, states=states, limit=call.body["limit"])
    done = 0 if is_dry else act(found)
    return {
        "dry_run": is_dry,
        "matched": matched,
        "done": done,
        "passed_over": 0 if is_dry else len(found) - done,
        "sample": [ids.public(Delivery.prefix, one) for one in found[:MOST_SHOWN]],
    }
