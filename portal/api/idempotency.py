"""A request that names an Idempotency-Key has one effect, however often it is sent."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

import msgspec
from django.db import connection as db
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from ekyam.tenants.scope import across_tenants
from ekyam.tenants.seats import Seat
from portal.api.models import KeptAnswer
from portal.api.problems import Problem, pointing

KEPT = timedelta(days=7)
MOST_AT_ONCE = 5000
REPLAYED = "Idempotency-Replayed"

# Held until the transaction ends, also when its process dies: a twin is never let in by mistake.
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('ekyam.api:' || %s, 0))"


def answer_once(
    request: Request, seat: Seat, content: bytes, answer: Callable[[], Response]
) -> Response:
    """Inside the transaction of the effect. What fails has none, and is not kept.

    Raises Problem: a twin is under way, or the key was used for another request.
    """
    key = read_key(request)
    if not key:
        return answer()
    _shut_out_twins(seat, key)
    digest = _digest(request, content)
    known = KeptAnswer.objects.filter(owner=seat.actor.id, key=key).first()
    if known is not None and known.created_at > timezone.now() - KEPT:
        return _again(known, digest)
    if known is not None:
        known.delete()
    response = answer()
    _keep(seat, key, digest, response)
    return response


def read_key(request: Request) -> str:
    """The header, empty where there is none."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return ""
    if not (0 < len(key) <= 255 and key.isascii() and key.isprintable()):
        raise pointing("invalid_parameter", "Idempotency-Key", "1 to 255 characters of ASCII.")
    return str(key)


def _shut_out_twins(seat: Seat, key: str) -> None:
    with db.cursor() as cursor:
        cursor.execute(_LOCK, [f"{seat.tenant.pk}:{seat.actor.id}:{key}"])
        if not cursor.fetchone()[0]:
            raise Problem("in_flight", headers={"Retry-After": "1"})


def _digest(request: Request, content: bytes) -> str:
    head = f"{request.method}\n{request.get_full_path()}\n".encode()
    return hashlib.sha256(head + content).hexdigest()


def _again(known: KeptAnswer, digest: str) -> Response:
    if known.digest != digest:
        raise Problem("idempotency_key_reused")
    body = msgspec.json.decode(known.unseal("body") or b"null")
    return Response(body, status=known.status, headers={REPLAYED: "true"})


def _keep(seat: Seat, key: str, digest: str, response: Response) -> None:
    row = KeptAnswer(
        tenant=seat.tenant,
        owner=seat.actor.id,
        key=key,
        digest=digest,
        status=response.status_code,
        created_at=timezone.now(),
    )
    row.seal("body", msgspec.json.encode(response.data))
    row.save(force_insert=True)


def forget_old_answers() -> int:
    """Those that are past their days; returns how many."""
    old = timezone.now() - KEPT
    with across_tenants("answers that are past their days are forgotten, whosever they are"):
        keys = KeptAnswer.objects.filter(created_at__lt=old).values_list("pk", flat=True)
        count, _ = KeptAnswer.objects.filter(pk__in=list(keys[:MOST_AT_ONCE])).delete()
    return count
