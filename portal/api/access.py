"""The one way in: who calls, how often, with which right, what was given; then the tenant's scope.

What an operation declares is what is checked, what is answered and what the document says.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from http import HTTPStatus
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import urlencode
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from ekyam.audit.actors import acting
from ekyam.tenants.rights import Right
from ekyam.tenants.scope import tenant_scope
from ekyam.tenants.seats import Seat
from flows.queries.pages import Page
from portal.api.bodies import Input, read_body
from portal.api.cursors import make_cursor, read_cursor
from portal.api.described import describe
from portal.api.idempotency import answer_once
from portal.api.parameters import CURSOR, LIMIT, USUAL_ROWS, Parameter, read_query
from portal.api.problems import Problem
from portal.api.rates import spend

UNSAFE = ("post", "put", "patch", "delete")
MOST_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Call:
    """What a view is given: who calls, and what was sent, read by what is declared."""

    seat: Seat
    query: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Operation:
    """`name` is the id in the document; `ids` the prefixes of the ids in the address, "" for any
    text; `answer` None for nothing (204). A list is answered page by page."""

    name: str
    right: Right
    answer: type[Serializer[Any]] | None
    ids: Mapping[str, str] = field(default_factory=dict)
    filters: tuple[Parameter, ...] = ()
    body: type[Input] | None = None
    example: Mapping[str, Any] | None = None  # of the body
    status: int = HTTPStatus.OK
    is_list: bool = False
    may_conflict: bool = False  # its state may not allow it
    may_miss: bool = False  # what the body names may not be there
    is_ambiguous: bool = False  # several may be meant

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (*self.filters, CURSOR, LIMIT) if self.is_list else self.filters


View = Callable[..., Any]


def operation(
    name: str, right: Right, answer: type[Serializer[Any]] | None, **more: Any
) -> Callable[[View], View]:
    """A method of a Resource that takes a Call and the ids of the address, and returns what
    `answer` shows; a list returns a Page, by the arguments `after` and `size` of its query."""
    declared = Operation(name=name, right=right, answer=answer, **more)

    def declare(view: View) -> View:
        @wraps(view)
        def entered(resource: "Resource", request: Request, **ids: str) -> Response:
            return _enter(view, resource, request, declared, ids)

        entered.operation = declared  # type: ignore[attr-defined]
        return describe(entered, declared)

    return declare


def listing(
    name: str, right: Right, answer: type[Serializer[Any]], **more: Any
) -> Callable[[View], View]:
    return operation(name, right, answer, is_list=True, **more)


class Resource(APIView):
    """Each of its methods is an operation: one that is not cannot be written down."""

    http_method_names: ClassVar[list[str]] = ["get", "head", *UNSAFE]  # type: ignore[misc]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for method in ("get", *UNSAFE):
            view = cls.__dict__.get(method)
            if view is not None and not hasattr(view, "operation"):
                raise TypeError(f"{cls.__name__}.{method} declares no right: use @operation")

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {**super().default_response_headers, "Cache-Control": "no-store"}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Whoever is known spends of the limit, whatever comes of the request."""
        super().initial(request, *args, **kwargs)
        spent = spend(request.auth.actor.id)  # type: ignore[union-attr]
        self.headers.update(spent.headers)
        if spent.is_over:
            raise Problem("rate_limited", headers={"Retry-After": str(spent.reset_seconds)})


def _enter(
    view: View, resource: Resource, request: Request, declared: Operation, ids: dict[str, str]
) -> Response:
    """Nothing is looked at in the database before the right is there."""
    seat: Seat = request.auth  # type: ignore[assignment]
    if not seat.may(declared.right):
        raise Problem("forbidden", f"This needs the right «{declared.right.value}».")
    if any("\x00" in one for one in ids.values()):
        raise Problem("not_found")
    is_unsafe = str(request.method).lower() in UNSAFE
    content = _content(request._request) if is_unsafe else b""
    call, listed = _read(seat, request, declared, content)

    def answer() -> Response:
        return _show(view(resource, call, **ids), declared, listed)

    with _within(seat):
        return answer_once(request, seat, content, answer) if is_unsafe else answer()


@contextmanager
def _within(seat: Seat) -> Iterator[None]:
    """The company's clock and rows, and who acts: one transaction."""
    zone = ZoneInfo(seat.tenant.time_zone)
    with timezone.override(zone), acting(seat.actor), tenant_scope(seat.tenant):
        yield


def _read(seat: Seat, request: Request, declared: Operation, content: bytes) -> tuple[Call, str]:
    query = read_query(request.query_params, declared.parameters)
    listed = _listed(seat, request, declared, query)
    body = read_body(declared.body, request.data if content else {})
    return Call(seat, query, body), listed


def _content(request: HttpRequest) -> bytes:
    if len(request.body) > MOST_BYTES:
        raise Problem("too_large")
    return request.body


def _listed(seat: Seat, request: Request, declared: Operation, query: dict[str, Any]) -> str:
    """The name of the list that cursors are good for; puts the place into the query."""
    if not declared.is_list:
        return ""
    given = request.query_params.dict()
    filters = sorted((one.name, given[one.name]) for one in declared.filters if one.name in given)
    name = f"{seat.tenant.pk}:{declared.name}:{urlencode(filters)}"
    cursor, size = query.pop("cursor"), query.pop("limit")
    query["after"] = read_cursor(cursor, listing=name) if cursor else ""
    query["size"] = size or USUAL_ROWS
    return name


def _show(found: Any, declared: Operation, listed: str) -> Response:
    """Plain values: after this no query runs."""
    if declared.answer is None:
        return Response(status=HTTPStatus.NO_CONTENT)
    if not declared.is_list:
        return Response(declared.answer(found).data, status=declared.status)
    assert isinstance(found, Page)
    following = make_cursor(found.next, listing=listed) if found.next else None
    return Response({"data": declared.answer(found.rows, many=True).data, "next": following})
