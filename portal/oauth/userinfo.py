"""Who has signed in, asked for by an application with the token that it got for a code."""

from typing import Any

from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.models import Token
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from ekyam.addresses import address_of
from ekyam.keys.authenticate import Refused, note_refusal
from ekyam.keys.sign_in import find_membership
from portal.oauth.answers import refused_bearer, unkept


@csrf_exempt
@require_http_methods(["GET", "POST"])
def userinfo(request: HttpRequest) -> HttpResponse:
    """These tokens open nothing but this answer, and no longer than the person is a member."""
    claims = _claims_by(request.headers.get("Authorization", ""))
    if claims is None:
        note_refusal(Refused("not a token of a sign-in"), address_of(request))
        return refused_bearer()
    return unkept(JsonResponse(claims))


def _claims_by(header: str) -> dict[str, Any] | None:
    scheme, _, shown = header.partition(" ")
    if scheme.lower() != "bearer" or not shown:
        return None
    token = Token.objects.lookup(Token.Type.ACCESS_TOKEN, shown)
    if token is None or token.user is None or token.client is None:
        return None
    if find_membership(token.client_id, token.user) is None:
        return None
    claims: dict[str, Any] = get_adapter().get_claims(
        "userinfo", token.user, token.client, token.get_scopes()
    )
    return claims
