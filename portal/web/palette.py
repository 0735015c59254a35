"""What the command palette finds: flows and connections by name, and what a person may do.

The pages themselves need no question: the browser has their links, which are those of the
navigation.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy

from ekyam.tenants.rights import Right
from ekyam.tenants.seats import Seat
from flows.queries.named import NamedFlow, find_connections, find_flows
from portal.web.access import SeatedRequest, page

LONGEST = 80


@dataclass(frozen=True)
class Option:
    """`about` tells it from others of the same name. `posts`: choosing it sends a form."""

    label: str
    address: str
    about: str = ""
    posts: bool = False


# Each with the right that its page asks for.
ACTS = (
    (gettext_lazy("Release all that is held"), "release_all", Right.OPERATE),
    (gettext_lazy("Import rows of a lookup table"), "import_table", Right.CONFIGURE),
    (gettext_lazy("Import currency rates"), "import_rates", Right.CONFIGURE),
    (gettext_lazy("Make an API key"), "new_key", Right.DEVELOP),
    (gettext_lazy("Register an application"), "new_application", Right.DEVELOP),
    (gettext_lazy("Invite somebody"), "team", Right.PEOPLE),
    (gettext_lazy("Say how people sign in"), "sign_in_policy", Right.SECURITY),
    (gettext_lazy("Add an identity provider"), "add_provider", Right.SECURITY),
    (gettext_lazy("Read the audit log"), "audit", Right.AUDIT),
)
# What a flow has pages for; a flow of stock goes by a formula.
OF_FLOW = (
    (gettext_lazy("Mapping"), "mapping"),
    (gettext_lazy("Rules"), "rules"),
    (gettext_lazy("Verify"), "verify_flow"),
    (gettext_lazy("Versions"), "versions"),
)


@page
def palette(request: SeatedRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:LONGEST]
    context = {
        "text": text,
        "orders": f"{reverse('search')}?{urlencode({'q': text})}" if text else "",
        "groups": [
            (name, found)
            for name, found in (
                (gettext("Do"), list(_acts(request.seat, text))),
                (gettext("Flows"), list(_flows(text))),
                (gettext("Connections"), list(_connections(request.seat, text))),
            )
            if found
        ],
    }
    return render(request, "portal/palette_found.html", context)


def _acts(seat: Seat, text: str) -> Iterator[Option]:
    for label, name, right in ACTS:
        if seat.may(right) and _has_words(str(label), text):
            yield Option(str(label), reverse(name))


def _has_words(label: str, text: str) -> bool:
    return all(word in label.casefold() for word in text.casefold().split())


def _flows(text: str) -> Iterator[Option]:
    """With the pages of the first one as well, where it is the only one."""
    found = find_flows(text) if text else []
    for one in found:
        about = f"{one.source} \N{RIGHTWARDS ARROW} {one.target}"
        yield Option(one.label, _first_page(one), about)
        if len(found) == 1 and not one.is_stock:
            for label, name in OF_FLOW:
                address = reverse(name, kwargs={"id": one.id})
                yield Option(f"{one.label}: {label}", address, about)


def _first_page(flow: NamedFlow) -> str:
    return reverse("stock_flow" if flow.is_stock else "mapping", kwargs={"id": flow.id})


def _connections(seat: Seat, text: str) -> Iterator[Option]:
    for one in find_connections(text) if text else ():
        yield Option(one.label, reverse("connection", kwargs={"id": one.id}), one.connector)
        if seat.may(Right.CONNECT):
            check = reverse("check_connection", kwargs={"id": one.id})
            said = gettext("Check {name}").format(name=one.label)
            yield Option(said, check, gettext("asks the system whether all is well"), posts=True)
