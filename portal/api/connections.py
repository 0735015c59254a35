"""Connections: how they are, and whether they rest."""

from typing import Any

from rest_framework import serializers

from connectors.models import Connection, ConnectionState, Environment
from connectors.operations import pause, resume
from connectors.queries import ConnectionDetail, ConnectionRow, get_connection, list_connections
from ekyam.tenants.rights import Right
from flows.queries.pages import Page
from flows.states import IllegalMove
from portal.api.access import Call, Resource, listing, operation
from portal.api.paging import cut_all
from portal.api.shown import Id, Moment, Shown

ID = {"id": Connection.prefix}


class ConnectionOut(Shown):
    id = Id("con")
    label = serializers.CharField()
    system = serializers.CharField(source="connector", help_text="The vendor's system.")
    account = serializers.CharField()
    environment = serializers.ChoiceField(choices=Environment.values)
    state = serializers.ChoiceField(choices=ConnectionState.values)
    reason = serializers.CharField(help_text="Why it is in this state.")
    changed_at = Moment()
    checked_at = Moment(allow_null=True)
    throttled_until = Moment(allow_null=True)

    example = {
        "id": "con_01jd2v9k6qf4x8m3n7p5r1t0wa",
        "label": "Shop",
        "system": "Shopify",
        "account": "juniper.myshopify.com",
        "environment": "live",
        "state": "active",
        "reason": "",
        "changed_at": "2026-11-02T08:15:00Z",
        "checked_at": "2026-11-20T18:00:00Z",
        "throttled_until": None,
    }


class CheckPartOut(Shown):
    label = serializers.CharField()
    state = serializers.ChoiceField(choices=["ok", "not_ok"])
    message = serializers.CharField()


class ConnectionWholeOut(ConnectionOut):
    check = CheckPartOut(many=True, help_text="What the last check found, part by part.")

    example = {
        **ConnectionOut.example,
        "check": [{"label": "Read orders", "state": "ok", "message": "Granted."}],
    }


def _whole(found: ConnectionDetail) -> dict[str, Any]:
    return {**vars(found.row), "check": found.parts}


class Connections(Resource):
    @listing("list_connections", Right.LOOK, ConnectionOut)
    def get(self, call: Call) -> Page[ConnectionRow]:
        """List connections."""
        return cut_all(list_connections(), **call.query)


class OneConnection(Resource):
    @operation("get_connection", Right.LOOK, ConnectionWholeOut, ids=ID)
    def get(self, call: Call, id: str) -> dict[str, Any]:
        """Get one connection, with what its last check found."""
        return _whole(get_connection(id))


class PauseConnection(Resource):
    @operation("pause_connection", Right.CONNECT, ConnectionWholeOut, ids=ID, may_conflict=True)
    def post(self, call: Call, id: str) -> dict[str, Any]:
        """Pause a connection.

        What is due waits, and nothing is lost. Only one that is open can be paused.
        """
        row = Connection.get_public(id)
        if not pause(row, by=call.seat.person):
            raise IllegalMove(f"It is {row.state}: only one that is open can be paused.")
        return _whole(get_connection(id))


class ResumeConnection(Resource):
    @operation("resume_connection", Right.CONNECT, ConnectionWholeOut, ids=ID, may_conflict=True)
    def post(self, call: Call, id: str) -> dict[str, Any]:
        """Resume a connection that was paused.

        One that needs to be authorised again is opened by a person in the portal.
        """
        row = Connection.get_public(id)
        before = row.state
        if not resume(row):
            if before == ConnectionState.PAUSED:
                raise IllegalMove("Its last check was refused: one that passes must come first.")
            raise IllegalMove(f"It is {row.state}, and not paused.")
        return _whole(get_connection(id))
