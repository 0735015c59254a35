"""Verify the signature over the raw bytes, store, commit, answer; nothing else."""

from collections.abc import Mapping

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from connectors.credentials import open_credentials
from connectors.models import Connection
from ekyam import ids
from ekyam.tenants.scope import across_tenants, tenant_scope
from flows.operations.receive import receive_webhook


@csrf_exempt
@require_POST
def receive(request: HttpRequest, connection_id: str) -> JsonResponse:
    """200 once it is stored, also when it had come before; 401 for a wrong signature."""
    connection = _find(connection_id)
    if connection is None or connection.spec.webhooks is None:
        return _say(404, "There is no such connection.")
    try:
        body = request.body
    except RequestDataTooBig:
        return _say(413, "The body is too large; nothing was stored.")
    headers = {name.lower(): value for name, value in request.headers.items()}
    if not _is_signed(connection, headers, body):
        return _say(401, "The signature is missing or wrong; nothing was stored.")
    with tenant_scope(connection.tenant_id):
        is_new = receive_webhook(connection=connection, headers=headers, body=body)
    return _say(200, "Stored." if is_new else "It had come before; nothing new was stored.")


def _find(connection_id: str) -> Connection | None:
    try:
        id_ = ids.parse(Connection.prefix, connection_id)
    except ids.UnknownId:
        return None
    with across_tenants("a webhook names its connection, not its tenant"):
        return Connection.objects.filter(pk=id_).first()


def _is_signed(connection: Connection, headers: Mapping[str, str], body: bytes) -> bool:
    webhooks = connection.spec.webhooks
    assert webhooks is not None
    return webhooks.verify(headers, body, open_credentials(connection))


def _say(status: int, message: str) -> JsonResponse:
    return JsonResponse({"message": message}, status=status)
