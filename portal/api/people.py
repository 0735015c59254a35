"""Members, and what was done: the audit log."""

from typing import Any

from rest_framework import serializers

from ekyam.audit.actors import Kind
from ekyam.audit.models import AuditEntry
from ekyam.audit.read import Entry, get_entry, list_entries
from ekyam.tenants.models import Membership, Role
from ekyam.tenants.rights import Right
from ekyam.tenants.roster import MemberEntry, get_member_entry, list_member_entries
from flows.queries.pages import Page
from portal.api.access import Call, Resource, listing, operation
from portal.api.parameters import moment, text
from portal.api.problems import Problem
from portal.api.shown import Id, Moment, Shown


class MemberOut(Shown):
    id = Id("mem")
    user_id = Id("usr")
    name = serializers.CharField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=Role.values)
    created_at = Moment()

    example = {
        "id": "mem_01jd2vj7d9f1h3k5m7p9r1t3vw",
        "user_id": "usr_01jd2vk9f1h3k5m7p9r1t3v5xy",
        "name": "Asha Rao",
        "email": "asha@juniper.example",
        "role": "operator",
        "created_at": "2026-10-01T09:00:00Z",
    }


class Members(Resource):
    @listing("list_members", Right.LOOK, MemberOut)
    def get(self, call: Call) -> Page[MemberEntry]:
        """List the members of the company, the newest first."""
        rows, following = list_member_entries(**call.query)
        return Page(rows, following)


class OneMember(Resource):
    @operation("get_member", Right.LOOK, MemberOut, ids={"id": Membership.prefix})
    def get(self, call: Call, id: str) -> MemberEntry:
        """Get one member."""
        return get_member_entry(id)


class AuditOut(Shown):
    id = Id("aud")
    number = serializers.IntegerField(help_text="Counts within the company, without a gap.")
    at = Moment()
    actor_kind = serializers.ChoiceField(choices=[kind.value for kind in Kind])
    actor_id = serializers.CharField()
    actor = serializers.CharField()
    address = serializers.CharField(help_text="The IP address that it came from.")
    action = serializers.CharField()
    subject = serializers.CharField(help_text="The id of what it was done to.")
    subject_label = serializers.CharField()
    before = serializers.DictField(child=serializers.JSONField(), allow_null=True)
    after = serializers.DictField(child=serializers.JSONField(), allow_null=True)
    digest = serializers.CharField(help_text="Over all the rest, and the entry before.")

    example = {
        "id": "aud_01jd2vm1h3k5m7p9r1t3v5x7za",
        "number": 1042,
        "at": "2026-11-20T18:05:00Z",
        "actor_kind": "key",
        "actor_id": "key_01jd2vn3k5m7p9r1t3v5x7z9bc",
        "actor": "Nightly job",
        "address": "198.51.100.7",
        "action": "webhook_endpoint.changed",
        "subject": "whe_01jd2vh5b7d9f1h3k5m7p9r1tv",
        "subject_label": "Data warehouse",
        "before": {"is_on": True},
        "after": {"is_on": False},
        "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    }


class Audit(Resource):
    @listing(
        "list_audit",
        Right.AUDIT,
        AuditOut,
        filters=(
            text("actor", "Done by whoever has this id."),
            text("action", "This was done, such as `flow.switched_on`."),
            text("subject", "Done to what has this id."),
            moment("since", "At this time or later."),
            moment("until", "Before this time."),
        ),
    )
    def get(self, call: Call) -> Page[Entry]:
        """List what was done, the newest first."""
        rows, following = list_entries(**call.query)
        return Page(rows, following)


class OneAudit(Resource):
    @operation("get_audit", Right.AUDIT, AuditOut, ids={"id": AuditEntry.prefix})
    def get(self, call: Call, id: str) -> Entry:
        """Get one entry of the audit log."""
        return get_entry(id)


class Unknown(Resource):
    """Every other address: a program is told so as of all else."""

    schema = None

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        raise Problem("not_found", "There is no such address in this version of the API.")
