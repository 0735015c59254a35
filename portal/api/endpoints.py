"""Webhook endpoints: where a company wants to be told of facts."""

from typing import Any

from rest_framework import serializers

from ekyam.tenants.rights import Right
from flows.models import WebhookEndpoint
from flows.operations.endpoints import (
    add_endpoint,
    change_endpoint,
    remove_endpoint,
    renew_secret,
)
from flows.operations.publish import KINDS
from flows.queries.pages import Page
from flows.queries.programs.endpoints import (
    EndpointEntry,
    get_endpoint,
    list_endpoints,
    show_endpoint,
)
from portal.api.access import Call, Resource, listing, operation
from portal.api.bodies import Input, OneOf, Text, YesNo
from portal.api.shown import Id, Moment, Shown

ID = {"id": WebhookEndpoint.prefix}
MOST_URL = 2000


class EndpointOut(Shown):
    id = Id("whe")
    url = serializers.CharField()
    label = serializers.CharField()
    events = serializers.ListField(child=serializers.ChoiceField(choices=list(KINDS)))
    is_on = serializers.BooleanField()
    created_at = Moment()
    changed_at = Moment()

    example = {
        "id": "whe_01jd2vh5b7d9f1h3k5m7p9r1tv",
        "url": "https://hooks.juniper.example/ekyam",
        "label": "Data warehouse",
        "events": ["delivery.dead", "order.shipped"],
        "is_on": True,
        "created_at": "2026-11-20T18:00:00Z",
        "changed_at": "2026-11-20T18:00:00Z",
    }


class EndpointMadeOut(EndpointOut):
    secret = serializers.CharField(
        help_text="By which you check that a message is ours. It is shown here, and never again."
    )

    example = {**EndpointOut.example, "secret": "whsec_<the secret, in base64>"}


def _events(**given: Any) -> serializers.ListField:
    return serializers.ListField(
        child=OneOf(choices=list(KINDS)),
        min_length=1,
        max_length=len(KINDS),
        help_text="; ".join(f"`{kind}`: {words}" for kind, words in KINDS.items()),
        **given,
    )


class EndpointIn(Input):
    url = Text(
        min_length=1,
        max_length=MOST_URL,
        help_text="https, and not a private address: anything else is `refused`.",
    )
    events = _events()
    label = Text(max_length=120, allow_blank=True, default="")
    is_on = YesNo(default=True)


class EndpointChangeIn(Input):
    url = Text(min_length=1, max_length=MOST_URL, required=False)
    events = _events(required=False)
    label = Text(max_length=120, allow_blank=True, required=False)
    is_on = YesNo(required=False)


class Endpoints(Resource):
    @listing("list_webhook_endpoints", Right.DEVELOP, EndpointOut)
    def get(self, call: Call) -> Page[EndpointEntry]:
        """List webhook endpoints, the newest first."""
        return list_endpoints(**call.query)

    @operation(
        "add_webhook_endpoint",
        Right.DEVELOP,
        EndpointMadeOut,
        body=EndpointIn,
        example={"url": "https://hooks.juniper.example/ekyam", "events": ["order.shipped"]},
        status=201,
        may_conflict=True,
    )
    def post(self, call: Call) -> EndpointEntry:
        """Add a webhook endpoint.

        The answer shows its secret, this once; only a repeat with the same Idempotency-Key shows
        it again. **Nothing is sent to endpoints yet:** they are kept for when it is.
        """
        return show_endpoint(*add_endpoint(tenant=call.seat.tenant, **call.body))


class OneEndpoint(Resource):
    @operation("get_webhook_endpoint", Right.DEVELOP, EndpointOut, ids=ID)
    def get(self, call: Call, id: str) -> EndpointEntry:
        """Get one webhook endpoint."""
        return get_endpoint(id)

    @operation(
        "change_webhook_endpoint",
        Right.DEVELOP,
        EndpointOut,
        ids=ID,
        body=EndpointChangeIn,
        example={"is_on": False},
    )
    def patch(self, call: Call, id: str) -> EndpointEntry:
        """Change a webhook endpoint: what is not given stays."""
        return show_endpoint(change_endpoint(WebhookEndpoint.get_public(id), **call.body))

    @operation("remove_webhook_endpoint", Right.DEVELOP, None, ids=ID)
    def delete(self, call: Call, id: str) -> None:
        """Remove a webhook endpoint."""
        remove_endpoint(WebhookEndpoint.get_public(id))


class EndpointSecret(Resource):
    @operation("renew_webhook_secret", Right.DEVELOP, EndpointMadeOut, ids=ID)
    def post(self, call: Call, id: str) -> EndpointEntry:
        """Give a webhook endpoint another secret.

        The old one is good for nothing from now on.
        """
        return show_endpoint(*renew_secret(WebhookEndpoint.get_public(id)))
