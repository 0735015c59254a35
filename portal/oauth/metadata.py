"""What Ekyam publishes of itself as an issuer: RFC 8414, OpenID Connect Discovery, the keys."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from ekyam.keys import signing, tokens
from ekyam.keys.operations import GRANTABLE
from ekyam.keys.sign_in import SCOPES

CLAIMS = ["sub", "name", "email", "email_verified", "company", "company_id", "role"]


@require_safe
def jwks(request: HttpRequest) -> HttpResponse:
    """The next key is among them before it signs, so that nobody meets an unknown one."""
    signing.get_current()
    return _published({"keys": [row.public for row in signing.list_published()]})


@require_safe
def oauth_metadata(request: HttpRequest) -> HttpResponse:
    return _published(_metadata(sorted(GRANTABLE)))


@require_safe
def openid_configuration(request: HttpRequest) -> HttpResponse:
    more = {
        "userinfo_endpoint": f"{settings.PUBLIC_URL}/oauth/userinfo",
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [signing.ALGORITHM],
        "claims_supported": CLAIMS,
        "prompt_values_supported": ["none", "login"],
    }
    return _published(_metadata(list(SCOPES)) | more)


def _metadata(scopes: list[str]) -> dict[str, Any]:
    return {
        "issuer": tokens.issuer(),
        "authorization_endpoint": f"{settings.PUBLIC_URL}/oauth/authorize",
        "token_endpoint": f"{settings.PUBLIC_URL}/oauth/token",
        "jwks_uri": f"{settings.PUBLIC_URL}/.well-known/jwks.json",
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
    }


def _published(value: dict[str, Any]) -> HttpResponse:
    """For every page of every site, and to be kept for five minutes."""
    answer = JsonResponse(value)
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cache-Control"] = f"public, max-age={signing.PUBLISHED_SECONDS}"
    return answer
