"""Lookup tables: what a company says that things are called, and the values without a row."""

from typing import Any

from rest_framework import serializers

from ekyam.tenants.rights import Right
from flows.models import LookupRow
from flows.operations.lookups import remove_row, set_row
from flows.queries.lookups import (
    Missing,
    Row,
    Table,
    find_row,
    list_missing,
    list_rows,
    list_tables,
)
from flows.queries.pages import Page
from flows.waits import LONGEST_KEY, LONGEST_TABLE, LONGEST_VALUE
from portal.api.access import Call, Resource, listing, operation
from portal.api.bodies import Input, Text
from portal.api.paging import cut_all
from portal.api.parameters import text
from portal.api.shown import Id, Moment, Shown


class TableOut(Shown):
    name = serializers.CharField()
    rows = serializers.IntegerField()
    missing = serializers.IntegerField(help_text="Deliveries that wait for a row of it.")
    flows = serializers.ListField(
        child=serializers.CharField(), help_text="Whose mapping or rules ask it."
    )

    example = {"name": "payment_methods", "rows": 4, "missing": 12, "flows": ["Orders"]}


class RowOut(Shown):
    id = Id("row")
    table = serializers.CharField()
    key = serializers.CharField()
    value = serializers.CharField()

    example = {
        "id": "row_01jd2vf1x3z5b7d9f1h3k5m7pq",
        "table": "payment_methods",
        "key": "razorpay",
        "value": "7",
    }


class RowSetOut(RowOut):
    woken = serializers.IntegerField(help_text="Deliveries that waited for it, and go on now.")

    example = {**RowOut.example, "woken": 12}


class MissingOut(Shown):
    table = serializers.CharField()
    key = serializers.CharField()
    count = serializers.IntegerField(help_text="Deliveries that wait for this row.")
    since = Moment()
    example_id = Id("dlv")
    example_label = serializers.CharField()

    example = {
        "table": "payment_methods",
        "key": "upi",
        "count": 12,
        "since": "2026-11-20T18:02:10.530Z",
        "example_id": "dlv_01jd2ve9v1x3z5b7d9f1h3k5mn",
        "example_label": "#1002",
    }


class RowIn(Input):
    table = Text(min_length=1, max_length=LONGEST_TABLE)
    key = Text(min_length=1, max_length=LONGEST_KEY, help_text="Exact: «Visa» is not «visa».")
    value = Text(min_length=1, max_length=LONGEST_VALUE)


class Tables(Resource):
    @listing("list_lookup_tables", Right.LOOK, TableOut)
    def get(self, call: Call) -> Page[Table]:
        """List lookup tables: those with rows, and those that a mapping or a rule names."""
        return cut_all(list_tables(), **call.query, key="name")


class MissingRows(Resource):
    @listing("list_missing_rows", Right.LOOK, MissingOut)
    def get(self, call: Call) -> Page[Missing]:
        """List values without a row that deliveries wait for, what holds up most first."""
        return cut_all(list_missing(), **call.query, key="name")


class Rows(Resource):
    @listing(
        "list_lookup_rows", Right.LOOK, RowOut, filters=(text("table", "Of this table alone."),)
    )
    def get(self, call: Call) -> Page[Row]:
        """List rows of lookup tables, by table and key."""
        return list_rows(**{**call.query, "table": call.query["table"] or ""})

    @operation(
        "set_lookup_row",
        Right.CONFIGURE,
        RowSetOut,
        body=RowIn,
        example={"table": "payment_methods", "key": "razorpay", "value": "7"},
    )
    def put(self, call: Call) -> dict[str, Any]:
        """Add a row, or give it another value; what waited for it goes on."""
        woken = set_row(**call.body)
        found = find_row(call.body["table"], call.body["key"])
        return {**vars(found), "woken": woken}


class OneRow(Resource):
    @operation("remove_lookup_row", Right.CONFIGURE, None, ids={"id": LookupRow.prefix})
    def delete(self, call: Call, id: str) -> None:
        """Remove a row."""
        row = LookupRow.get_public(id)
        remove_row(row.table, row.key)
