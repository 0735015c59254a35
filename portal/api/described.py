"""What the document says of an operation, made from what it declares."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    inline_serializer,
)
from rest_framework import serializers

from portal.api.parameters import id_schema
from portal.api.problems import CODES, MEDIA_TYPE
from portal.api.shown import Shown

if TYPE_CHECKING:
    from portal.api.access import Operation

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    OpenApiParameter.HEADER,
    description="Of your choosing, new for each thing to be done: within 7 days a repeat has no"
    " further effect, and is answered as the first one was.",
)
_COUNT = {"type": "integer", "minimum": 0}
RATE_HEADERS = [
    OpenApiParameter(
        name, _COUNT, OpenApiParameter.HEADER, description=about, response=[200, 201, 204, 429]
    )
    for name, about in (
        ("RateLimit-Limit", "How many requests the key may send in a minute."),
        ("RateLimit-Remaining", "How many of them are left."),
        ("RateLimit-Reset", "In how many seconds the next minute begins."),
    )
]


class ErrorOut(Shown):
    """One thing that is wrong, and where."""

    at = serializers.CharField(help_text="The parameter, header or field: `filter.state`.")
    detail = serializers.CharField()


class ProblemOut(Shown):
    """RFC 9457. Go by `code`: it stays as it is; the words may be mended."""

    type = serializers.URLField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.ChoiceField(choices=list(CODES))
    detail = serializers.CharField()
    errors = ErrorOut(many=True, required=False)


def describe(view: Callable[..., Any], declared: "Operation") -> Callable[..., Any]:
    """Its summary and description are those of the docstring."""
    summary, _, rest = inspect.cleandoc(view.__doc__ or "").partition("\n")
    needs = f"Needs the right `{declared.right.value}`."
    described = extend_schema(
        operation_id=declared.name,
        summary=summary.rstrip("."),
        description="\n\n".join(filter(None, (rest.strip(), needs))),
        parameters=list(_parameters(view, declared)),
        request={"application/json": declared.body} if declared.body else None,
        responses=_responses(view, declared),
        examples=_examples(declared),
    )
    return described(view)


def _is_unsafe(view: Callable[..., Any]) -> bool:
    return view.__name__ != "get"


def _parameters(view: Callable[..., Any], declared: "Operation") -> Iterator[OpenApiParameter]:
    for name, prefix in declared.ids.items():
        schema: dict[str, Any] = {"type": "string", "minLength": 1}
        yield OpenApiParameter(
            name, id_schema(prefix) if prefix else schema, OpenApiParameter.PATH, required=True
        )
    for one in declared.parameters:
        yield OpenApiParameter(one.name, one.schema, description=one.about)
    if _is_unsafe(view):
        yield IDEMPOTENCY_KEY
    yield from RATE_HEADERS


def _responses(view: Callable[..., Any], declared: "Operation") -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    if declared.answer is None:
        found[HTTPStatus.NO_CONTENT.value] = OpenApiResponse(description="Done.")
    else:
        answer = _page_of(declared.answer) if declared.is_list else declared.answer
        found[int(declared.status)] = OpenApiResponse(answer, description="Done.")
    for status, codes in _by_status(view, declared).items():
        found[status, MEDIA_TYPE] = OpenApiResponse(
            ProblemOut,
            description=" ".join(f"`{code}`: {CODES[code].title}." for code in codes),
        )
    return found


def _page_of(answer: type[serializers.Serializer[Any]]) -> Any:
    name = answer.__name__.removesuffix("Out")
    fields: dict[str, serializers.Field[Any, Any, Any, Any]] = {
        "data": answer(many=True),
        "next": serializers.CharField(
            allow_null=True, help_text="The `cursor` of the next page; null on the last one."
        ),
    }
    return inline_serializer(f"{name}Page", fields)


def _by_status(view: Callable[..., Any], declared: "Operation") -> Mapping[int, list[str]]:
    """The codes that this operation can be answered with."""
    codes = ["unauthenticated", "forbidden", "not_acceptable", "rate_limited", "unavailable"]
    codes += ["unknown_parameter", "invalid_parameter"]
    if declared.ids or declared.may_miss:
        codes += ["not_found"]
    if declared.is_ambiguous:
        codes += ["ambiguous_id"]
    if declared.is_list:
        codes += ["unknown_cursor"]
    if _is_unsafe(view):
        codes += ["malformed_body", "invalid_body", "too_large", "unsupported_media_type"]
        codes += ["in_flight", "idempotency_key_reused"]
    if declared.body:
        codes += ["refused"]
    if declared.may_conflict:
        codes += ["conflict"]
    found: dict[int, list[str]] = {}
    for code in CODES:
        if code in codes:
            found.setdefault(CODES[code].status, []).append(code)
    return found


def _examples(declared: "Operation") -> list[OpenApiExample]:
    """Of the body, and of the answer by what its serializer shows for one."""
    found = []
    if declared.example is not None:
        value = dict(declared.example)
        found.append(OpenApiExample("Request", value=value, request_only=True))
    if declared.answer is not None:
        shown: Any = declared.answer.example  # type: ignore[attr-defined]
        value = {"data": [shown], "next": None} if declared.is_list else shown
        status = str(int(declared.status))
        found.append(
            OpenApiExample("Answer", value=value, response_only=True, status_codes=[status])
        )
    return found
