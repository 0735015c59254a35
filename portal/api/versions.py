"""Versions of what a flow does to its records: drafted, published, gone back to."""

from typing import Any

from rest_framework import serializers

from ekyam.tenants.rights import Right
from flows.models import Flow, Version, VersionState
from flows.operations.versions import discard_draft, publish, read_logic, roll_back, save_draft
from flows.queries.pages import Page
from flows.queries.versions import VersionRow, find_version, list_versions, show_version
from portal.api.access import Call, Resource, listing, operation
from portal.api.bodies import Input, Text, Whole
from portal.api.paging import cut_all
from portal.api.problems import Problem
from portal.api.shown import Id, Moment, Shown

ID = {"id": Flow.prefix}
MOST_NUMBER = 2**31 - 1
_LOGIC = {
    "rules": [
        {
            "name": "Large",
            "when": {"kind": "compare", "attribute": "total", "operator": "above", "value": 500},
            "then": [{"kind": "hold", "reason": "Large orders are looked at."}],
        }
    ]
}


class VersionOut(Shown):
    id = Id("ver")
    flow_id = Id("flw")
    number = serializers.IntegerField()
    state = serializers.ChoiceField(choices=VersionState.values)
    note = serializers.CharField()
    made_by = serializers.CharField()
    edition = serializers.IntegerField(help_text="Grows with each save of the draft.")
    created_at = Moment()
    published_at = Moment(allow_null=True)
    logic = serializers.DictField(
        child=serializers.JSONField(),
        help_text="`reader`, `rules` and `writer`; what is missing is the connector's own.",
    )

    example = {
        "id": "ver_01jd2vb3h5s8w2y6z0a4c7e9gk",
        "flow_id": "flw_01jd2vb3h5s8w2y6z0a4c7e9gk",
        "number": 3,
        "state": "draft",
        "note": "Large orders wait.",
        "made_by": "asha@juniper.example",
        "edition": 1,
        "created_at": "2026-11-20T18:00:00Z",
        "published_at": None,
        "logic": _LOGIC,
    }


class DraftIn(Input):
    logic = serializers.DictField(
        child=serializers.JSONField(allow_null=True),
        help_text="The whole of it, as `get_version` shows it, with your changes.",
    )
    edition = Whole(
        min_value=0,
        max_value=MOST_NUMBER,
        help_text="Of the draft that you have read; 0 if there was none. Another one is a"
        " `conflict`: somebody else has saved meanwhile.",
    )
    note = Text(max_length=500, allow_blank=True, default="")


class PublishIn(Input):
    edition = Whole(
        min_value=1, max_value=MOST_NUMBER, help_text="Of the draft that you have read."
    )


class RollBackIn(Input):
    number = Whole(
        min_value=0,
        max_value=MOST_NUMBER,
        help_text="The earlier version; 0 is the connectors' own mapping, without rules.",
    )


class Versions(Resource):
    @listing("list_versions", Right.LOOK, VersionOut, ids=ID)
    def get(self, call: Call, id: str) -> Page[VersionRow]:
        """List the versions of a flow, the newest first."""
        return cut_all(list_versions(Flow.get_public(id)), **call.query)


class OneVersion(Resource):
    @operation("get_version", Right.LOOK, VersionOut, ids={"id": Version.prefix})
    def get(self, call: Call, id: str) -> VersionRow:
        """Get one version, by its own id."""
        return find_version(id)


class Draft(Resource):
    @operation(
        "save_draft",
        Right.CONFIGURE,
        VersionOut,
        ids=ID,
        body=DraftIn,
        example={"logic": _LOGIC, "edition": 0, "note": "Large orders wait."},
        may_conflict=True,
    )
    def put(self, call: Call, id: str) -> VersionRow:
        """Save the draft of a flow's logic; nothing goes by it until it is published."""
        flow = Flow.get_public(id)
        logic = read_logic(flow, call.body["logic"])
        saved = save_draft(flow, logic, edition=call.body["edition"], note=call.body["note"])
        return show_version(saved)

    @operation("discard_draft", Right.CONFIGURE, None, ids=ID, may_conflict=True)
    def delete(self, call: Call, id: str) -> None:
        """Discard the draft of a flow."""
        discard_draft(Flow.get_public(id))


class PublishDraft(Resource):
    @operation(
        "publish_draft",
        Right.CONFIGURE,
        VersionOut,
        ids=ID,
        body=PublishIn,
        example={"edition": 1},
        may_conflict=True,
    )
    def post(self, call: Call, id: str) -> VersionRow:
        """Publish the draft: from now on the flow goes by it.

        What was received before is still written by the version that has read it.
        """
        return show_version(publish(Flow.get_public(id), edition=call.body["edition"]))


class RollBack(Resource):
    @operation(
        "roll_back_flow",
        Right.CONFIGURE,
        None,
        ids=ID,
        body=RollBackIn,
        example={"number": 2},
        may_conflict=True,
    )
    def post(self, call: Call, id: str) -> Any:
        """Go back to an earlier version: it is published again, under a new number."""
        try:
            roll_back(Flow.get_public(id), call.body["number"])
        except Version.DoesNotExist as error:
            raise Problem("refused", "This flow has no version of that number.") from error
