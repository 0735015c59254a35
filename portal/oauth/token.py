"""The token endpoint: who calls proves itself first, then either grant is answered.

A program's own token is made by oauthlib's client credentials grant. A code that a person brought
back is redeemed by allauth: it is told who has proved itself, and sees nothing else of what came.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote_plus

from allauth.idp.oidc import views as allauth_views
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from redis.exceptions import RedisError

from ekyam.addresses import address_of
from ekyam.keys.authenticate import Caller, Refused, find_caller, note_refusal
from ekyam.keys.grants import ask_for_token
from ekyam.keys.sign_in_codes import (
    Redeemed,
    keep_what_it_gave,
    open_code,
    revoke_what_it_gave,
)
from portal.oauth.answers import error, refused, unkept

ASKED = ("grant_type", "scope", "code", "redirect_uri", "code_verifier", "client_id")
LONGEST = 2000  # characters of one value
CODE_IS_WRONG = "The code is wrong, was used, or has ended: let the person sign in again."


class Proof(NamedTuple):
    client_id: str
    secret: str


@csrf_exempt
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """Nothing is read from the address: what stands there is written into logs."""
    said = request.POST
    if any(len(said.getlist(name)) > 1 or len(said.get(name, "")) > LONGEST for name in ASKED):
        return error("invalid_request", "A value is there twice, or is too long.")
    proof = _proof(request.headers.get("Authorization", ""), said)
    caller = proof and find_caller(proof.client_id, proof.secret, address_of(request))
    if caller is None or proof is None:
        return refused()
    if said.get("grant_type") != "authorization_code":
        return _by_itself(request, caller)
    try:
        return _redeem(request, caller)
    except (RedisError, OSError):
        return error("temporarily_unavailable", "Try again in a moment.", status=503)


def _proof(header: str, said: Mapping[str, str]) -> Proof | None:
    """By the header or in the body (RFC 6749, section 2.3.1); an unreadable one is a wrong one."""
    if not header:
        return Proof(said.get("client_id", ""), said.get("client_secret", ""))
    scheme, _, encoded = header.partition(" ")
    try:
        pair = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        pair = ""
    name, _, secret = pair.partition(":")
    proof = Proof(unquote_plus(name), unquote_plus(secret))
    is_one = "client_secret" not in said and said.get("client_id", proof.client_id) == proof[0]
    return proof if scheme.lower() == "basic" and is_one else Proof("", "")


def _by_itself(request: HttpRequest, caller: Caller) -> HttpResponse:
    try:
        rights = caller.rights
    except Refused as refusal:
        note_refusal(refusal, address_of(request))
        return refused()
    status, answer = ask_for_token(caller.application, rights, request.POST.dict())
    if status != 200:
        return error(answer["error"], answer.get("error_description", ""), status=status)
    return unkept(JsonResponse(answer))


def _redeem(request: HttpRequest, caller: Caller) -> HttpResponse:
    redeemed = open_code(caller.application, request.POST.get("code", ""))
    if redeemed is None:
        return error("invalid_grant", CODE_IS_WRONG)
    if not redeemed.is_first:
        revoke_what_it_gave(redeemed)
        return error("invalid_grant", CODE_IS_WRONG)
    answer = allauth_views.token(_for_allauth(request, caller, redeemed))
    return _without_refresh(answer, redeemed) if answer.status_code == 200 else _no(answer)


def _for_allauth(request: HttpRequest, caller: Caller, redeemed: Redeemed) -> HttpRequest:
    """The same request, with what we have looked at and no more."""
    said = QueryDict(mutable=True)
    said["grant_type"] = "authorization_code"
    said["client_id"] = caller.application.public_id
    said["code"] = redeemed.code
    for name in ("redirect_uri", "code_verifier"):
        if name in request.POST:
            said[name] = request.POST[name]
    request.POST = said  # type: ignore[assignment]
    request.META["QUERY_STRING"] = ""
    request.META.pop("HTTP_AUTHORIZATION", None)
    return request


def _without_refresh(answer: HttpResponse, redeemed: Redeemed) -> HttpResponse:
    """allauth makes a refresh token, which nothing here would take; it is not given out."""
    given = json.loads(answer.content)
    keep_what_it_gave(redeemed, given["access_token"], unwanted=given.pop("refresh_token", ""))
    given.pop("refresh_expires_in", None)
    return unkept(JsonResponse(given))


def _no(answer: HttpResponse) -> HttpResponse:
    said = json.loads(answer.content)
    if said.get("error") in ("invalid_grant", "access_denied"):
        return error("invalid_grant", CODE_IS_WRONG)
    return error(said.get("error", "invalid_request"), said.get("error_description", ""))
