"""Verify the signature over the raw bytes, store, commit, answer; nothing else."""

import time
from dataclasses import dataclass

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from connectors.credentials import open_credentials
from connectors.models import Connection
from ekyam import ids
from ekyam.tenants.scope import across_tenants, tenant_scope
from flows.operations.receive import receive_webhook

KEPT_SECONDS = 2.0  # so long may a connection go on by what it was
_known: dict[str, tuple["Door", float]] = {}


@dataclass(frozen=True)
class Door:
    """A connection that may be knocked at, with what its signatures are made with."""

    connection: Connection
    credentials: dict[str, str]


@csrf_exempt
@require_POST
def receive(request: HttpRequest, connection_id: str) -> JsonResponse:
    """200 once it is stored, also when it had come before; 401 for a wrong signature."""
    door = _find(connection_id)
    webhooks = door.connection.spec.webhooks if door else None
    if door is None or webhooks is None:
        return _say(404, "There is no such connection.")
    try:
        body = request.body
    except RequestDataTooBig:
        return _say(413, "The body is too large; nothing was stored.")
    headers = {name.lower(): value for name, value in request.headers.items()}
    if not webhooks.verify(headers, body, door.credentials):
        return _say(401, "The signature is missing or wrong; nothing was stored.")
    with tenant_scope(door.connection.tenant_id):
        is_new = receive_webhook(connection=door.connection, headers=headers, body=body)
    return _say(200, "Stored." if is_new else "It had come before; nothing new was stored.")


def _find(connection_id: str) -> Door | None:
    known = _known.get(connection_id)
    if known is not None and known[1] > time.monotonic():
        return known[0]
    try:
        id_ = ids.parse(Connection.prefix, connection_id)
    except ids.UnknownId:
        return None
    with across_tenants("a webhook names its connection, not its tenant"):
        connection = Connection.objects.filter(pk=id_).first()
    if connection is None:
        return None
    door = Door(connection, open_credentials(connection))
    _known[connection_id] = door, time.monotonic() + KEPT_SECONDS
    return door


def _say(status: int, message: str) -> JsonResponse:
    return JsonResponse({"message": message}, status=status, headers={"Cache-Control": "no-store"})
