"""How the door of tokens says no: as RFC 6749 has it, and with the members of RFC 9457 as well."""

from django.http import HttpResponse, JsonResponse

REALM = 'realm="Ekyam"'


def refused() -> HttpResponse:
    """One answer to every wrong, expired, revoked and malformed proof."""
    answer = error("invalid_client", "Who calls is not known here.", status=401)
    answer["WWW-Authenticate"] = f"Basic {REALM}"
    return answer


def refused_bearer() -> HttpResponse:
    answer = error("invalid_token", "Who calls is not known here.", status=401)
    answer["WWW-Authenticate"] = f'Bearer {REALM}, error="invalid_token"'
    return answer


def error(name: str, title: str, *, status: int = 400) -> HttpResponse:
    """`name` is one of RFC 6749, section 5.2."""
    code = "unauthenticated" if status == 401 else name
    said = {"error": name, "error_description": title}
    problem = {"type": "about:blank", "title": title, "status": status, "code": code}
    return unkept(JsonResponse(said | problem, status=status))


def unkept(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = "no-store"
    answer["Pragma"] = "no-cache"
    return answer
