"""The OpenAPI document, made from the operations; and how the logins are told in it."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema

from ekyam.tenants.rights import Right


class SeatScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "portal.api.seats.SeatAuthentication"
    name = ["apiKey", "application"]

    def get_security_definition(self, auto_schema: AutoSchema) -> Any:
        scopes = {right.value: str(right.label) for right in Right}
        token = {"tokenUrl": "/oauth/token", "scopes": scopes}
        return [
            {"type": "http", "scheme": "bearer", "description": "An API key, as it was shown."},
            {
                "type": "oauth2",
                "description": "An application's token, by its client credentials.",
                "flows": {"clientCredentials": token},
            },
        ]

    def get_security_requirement(self, auto_schema: AutoSchema) -> Any:
        declared = getattr(auto_schema.view, auto_schema.method.lower()).operation
        return [{"apiKey": []}, {"application": [declared.right.value]}]


class Described(AutoSchema):
    """ConnectionOut is called Connection; a tag is the first part of the address."""

    def _get_serializer_name(self, serializer: Any, direction: Any, bypass: bool = False) -> str:
        name: str = super()._get_serializer_name(serializer, direction, bypass)
        return name.removesuffix("Out")


def finish(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: bodies that are read take no other fields than theirs; and what
    every answer has is written once."""
    components = result["components"]
    for name, schema in components["schemas"].items():
        if name.endswith("In"):
            schema["additionalProperties"] = False
    for operation in _operations(result):
        for answer in operation["responses"].values():
            for name, header in answer.get("headers", {}).items():
                components.setdefault("headers", {})[name] = dict(header)
                answer["headers"][name] = {"$ref": f"#/components/headers/{name}"}
    return result


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


@cache
def make_document() -> dict[str, Any]:
    """It changes with the program alone."""
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found


@require_safe
def openapi(request: HttpRequest) -> JsonResponse:
    """For everybody: it says nothing of any company."""
    return JsonResponse(make_document(), headers={"Cache-Control": "public, max-age=300"})
