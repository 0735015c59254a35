"""Who is asked to prove who they are: somebody half signed in, or somebody signed in long ago."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

from allauth.account.stages import LoginStageController
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from ekyam.addresses import address_of
from ekyam.people import standing
from ekyam.people.stages import SecondFactorStage
from ekyam.people.ways import list_factors
from ekyam.tenants.models import User

SESSION_KEY = "people.asked"


@dataclass(frozen=True)
class Asked:
    """`stage` is None for whoever is signed in already, and proves it once more."""

    request: HttpRequest
    user: User
    stage: SecondFactorStage | None = None

    @property
    def address(self) -> str:
        return address_of(self.request)

    @property
    def state(self) -> dict[str, Any]:
        """What is remembered of the proving from page to page."""
        if self.stage:
            return cast(dict[str, Any], self.stage.state)
        return cast(dict[str, Any], self.request.session.get(SESSION_KEY, {}))

    def keep(self, **state: Any) -> None:
        if self.stage:
            self.stage.state.update(state)
            self.stage.keep()
        else:
            self.request.session[SESSION_KEY] = {**self.state, **state}

    @property
    def may_set_up(self) -> bool:
        """Signed in and freshly proved; or on the way in, with the mailbox proved."""
        if not self.stage:
            return standing.is_fresh(self.request)
        return bool(self.state.get("mailed")) and (not list_factors(self.user) or bool(self.made))

    @property
    def made(self) -> Any:
        """The factor that was set up on this very way in: any other is yet to be shown."""
        factors = list_factors(self.user)
        return next((one for one in factors if one.public_id == self.state.get("made")), None)


def find_asked(request: HttpRequest) -> Asked | None:
    if request.user.is_authenticated:
        return Asked(request, request.user)
    stage = LoginStageController.enter(request, SecondFactorStage.key)
    if stage is None or not stage.is_still_meant():
        return None
    return Asked(request, stage.login.user, stage)


View = Callable[..., HttpResponseBase]


def for_asked(*methods: str) -> Callable[[View], View]:
    """For whoever has entered the password, or is signed in."""
    return lambda view: _door(view, methods, lambda asked: True)


def for_fresh(*methods: str) -> Callable[[View], View]:
    """For whoever may change what protects the account now; others prove it first."""
    return lambda view: _door(view, methods, lambda asked: asked.may_set_up)


def for_person(*methods: str) -> Callable[[View], View]:
    """For whoever is signed in, and looks only."""
    return lambda view: _door(view, methods, lambda asked: asked.stage is None)


def _door(view: View, methods: tuple[str, ...], may: Callable[[Asked], bool]) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, **arguments: str) -> HttpResponseBase:
        asked = find_asked(request)
        if asked is None:
            return redirect_to_login(_way_back(request))
        if request.method not in (*methods, *(("HEAD",) if "GET" in methods else ())):
            return HttpResponseNotAllowed(methods)
        response = view(asked, **arguments) if may(asked) else to_prove(request)
        add_never_cache_headers(response)
        return response

    return guarded


def to_prove(request: HttpRequest) -> HttpResponseBase:
    return redirect(f"{reverse('second_factor')}?{urlencode({'next': _way_back(request)})}")


def _way_back(request: HttpRequest) -> str:
    """A form that was sent is not sent again behind somebody's back."""
    return request.get_full_path() if request.method == "GET" else reverse("security")


def safe_next(request: HttpRequest) -> str:
    """Where to go afterwards: a page of ours, or nothing."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else ""
