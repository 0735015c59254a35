"""Flows and their switches, and the mappings that they go by."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ekyam.tenants.rights import Right
from flows.models import Flow
from flows.operations.configure import switch_off, switch_on
from flows.queries.lights import FlowRow, list_flows
from flows.queries.pages import Page
from flows.queries.programs.mappings import MappingEntry, get_mapping_entry, list_mapping_entries
from portal.api.access import Call, Resource, listing, operation
from portal.api.bodies import Input, YesNo
from portal.api.paging import cut_all
from portal.api.shown import Id, Moment, Shown

LIGHTS = ("on", "quiet", "held", "broken", "off")
ID = {"id": Flow.prefix}


class EndOut(Shown):
    """One end of a flow."""

    connection_id = Id("con", source="id")
    label = serializers.CharField()
    state = serializers.CharField()
    reason = serializers.CharField()


_END = {
    "connection_id": "con_01jd2v9k6qf4x8m3n7p5r1t0wa",
    "label": "Shop",
    "state": "active",
    "reason": "",
}


class FlowOut(Shown):
    id = Id("flw")
    label = serializers.CharField()
    stream = serializers.CharField(help_text="What is read from the source.")
    action = serializers.CharField(help_text="What is written into the target.")
    source = EndOut()
    target = EndOut()
    is_on = serializers.BooleanField()
    light = serializers.ChoiceField(
        choices=LIGHTS, help_text="`on` only when all that it needs is well; `why` says the rest."
    )
    why = serializers.CharField()
    last_success_at = Moment(allow_null=True)
    waiting = serializers.IntegerField(help_text="Deliveries that are open.")
    dead = serializers.IntegerField(help_text="Deliveries that need a person.")

    example = {
        "id": "flw_01jd2vb3h5s8w2y6z0a4c7e9gk",
        "label": "Orders",
        "stream": "orders",
        "action": "create_sales_order",
        "source": _END,
        "target": {**_END, "connection_id": "con_01jd2va1b3c5d7e9f0g2h4j6km", "label": "ERP"},
        "is_on": True,
        "light": "on",
        "why": "",
        "last_success_at": "2026-11-20T18:02:11Z",
        "waiting": 2,
        "dead": 0,
    }


class SwitchIn(Input):
    is_on = YesNo()


class Flows(Resource):
    @listing("list_flows", Right.LOOK, FlowOut)
    def get(self, call: Call) -> Page[FlowRow]:
        """List flows, in the order of the chain."""
        return cut_all(list_flows(), **call.query)


class OneFlow(Resource):
    @operation("get_flow", Right.LOOK, FlowOut, ids=ID)
    def get(self, call: Call, id: str) -> FlowRow:
        """Get one flow."""
        return _find(id)

    @operation(
        "switch_flow",
        Right.CONFIGURE,
        FlowOut,
        ids=ID,
        body=SwitchIn,
        example={"is_on": True},
        may_conflict=True,
    )
    def patch(self, call: Call, id: str) -> FlowRow:
        """Switch a flow On or Off.

        Off, nothing new is sent, and what is open waits. On, what was received meanwhile is sent
        too; a flow of stock begins by comparing everything.
        """
        flow = Flow.get_public(id)
        if call.body["is_on"]:
            switch_on(flow)
        else:
            switch_off(flow)
        return _find(id)


def _find(id: str) -> FlowRow:
    wanted = Flow.get_public(id).public_id
    return next(row for row in list_flows() if row.id == wanted)


class StepOut(Shown):
    name = serializers.CharField()
    parameters = serializers.DictField(child=serializers.JSONField())


_LINES: dict[str, Any] = {
    "type": "array",
    "items": {"$ref": "#/components/schemas/Line"},
    "description": "Of every element, where the source is a list.",
}


@extend_schema_field(_LINES)
class LinesField(serializers.Field[Any, Any, Any, Any]):
    """Lines within a line."""

    def to_representation(self, value: Any) -> Any:
        return LineOut(value, many=True).data


class LineOut(Shown):
    target = serializers.CharField()
    source = serializers.CharField(help_text="JMESPath over the source's record.")
    is_required = serializers.BooleanField()
    steps = StepOut(many=True)
    each = LinesField()


_LINE = {
    "target": "email",
    "source": "customer.email",
    "is_required": False,
    "steps": [{"name": "lower", "parameters": {}}],
    "each": [],
}


class MappingOut(Shown):
    flow_id = Id("flw")
    flow = serializers.CharField()
    stream = serializers.CharField()
    resource = serializers.CharField(help_text="The kind of the standard record in between.")
    action = serializers.CharField()
    reads = LineOut(many=True, help_text="From the source's record into the standard one.")
    writes = LineOut(many=True, help_text="From the standard record into the target's.")

    example = {
        "flow_id": "flw_01jd2vb3h5s8w2y6z0a4c7e9gk",
        "flow": "Orders",
        "stream": "orders",
        "resource": "order",
        "action": "create_sales_order",
        "reads": [_LINE],
        "writes": [{**_LINE, "source": "email"}],
    }


class Mappings(Resource):
    @listing("list_mappings", Right.LOOK, MappingOut)
    def get(self, call: Call) -> Page[MappingEntry]:
        """List the mappings of all flows."""
        return cut_all(list_mapping_entries(), **call.query, key="flow_id")


class OneMapping(Resource):
    @operation("get_mapping", Right.LOOK, MappingOut, ids=ID)
    def get(self, call: Call, id: str) -> MappingEntry:
        """Get the mapping of one flow, by the id of the flow."""
        return get_mapping_entry(id)
