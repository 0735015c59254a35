"""The admin for Ekyam's own staff, who look across tenants, and who are told to the tenants."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from ekyam.audit.actors import acting
from ekyam.audit.record import record
from ekyam.staff_door import Hindrance, find_hindrance, note_seen, staff_actor
from ekyam.tenants.scope import across_tenants, tenant_scope


class StaffSite(admin.AdminSite):
    """Every view runs, and is rendered, across tenants and in one transaction."""

    site_header = site_title = "Ekyam staff"
    index_title = "All companies"
    site_url = "/"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """What libraries register stays away: what is written here is told."""
        if admin_class is not None and issubclass(admin_class, Told | LookOnly):
            super().register(model_or_iterable, admin_class, **options)

    def unregister(self, model_or_iterable: Any) -> None:
        """Of what a library has registered, nothing is there to be taken away."""
        models = [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
        super().unregister([model for model in models if self.is_registered(model)])

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is one page for it, with the rules that hold for everybody."""
        return redirect("account_change_password")

    def has_permission(self, request: HttpRequest) -> bool:
        return find_hindrance(request) is None

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return super().admin_view(_across(view), cacheable)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Nobody signs in here: the site's own sign-in asks for the second factor."""
        hindrance, back = find_hindrance(request), _wanted(request)
        if hindrance is None:
            return redirect(back)
        if hindrance == Hindrance.NOT_STAFF:
            raise PermissionDenied("This address is for Ekyam's own staff.")
        if hindrance == Hindrance.NO_FACTOR:
            return render(request, "staff/no_factor.html", status=403)
        if hindrance == Hindrance.TOO_LONG:
            logout(request)
        return redirect_to_login(back, reverse("account_login"))

    def get_urls(self) -> list[URLResolver | URLPattern]:
        from ekyam.visits.views import visit_company

        mine = path("visit/<uuid:tenant_id>/", self.admin_view(visit_company), name="visit_company")
        return [mine, *super().get_urls()]


def _wanted(request: HttpRequest) -> str:
    """A page of the admin's own, and of no other site."""
    wanted, index = request.GET.get("next", ""), reverse("admin:index")
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours and wanted.startswith(index) else index


def _across(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Inside admin_view's own check, so that only staff ever gets here."""

    @wraps(view)
    def across(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        note_seen(request)
        with across_tenants("staff looks at the admin"), acting(staff_actor(request)):
            answer = view(request, *args, **kwargs)
            render = getattr(answer, "render", None)
            return render() if render else answer

    return across


class Told(admin.ModelAdmin):  # type: ignore[type-arg]
    """What staff writes here stands in the audit log of each company that it concerns."""

    noun = ""

    def companies_of(self, row: Any) -> Iterable[UUID]:
        """The ids of their tenants; called before a row is deleted."""
        raise NotImplementedError

    def label_of(self, row: Any) -> str:
        return str(row)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Django calls it once the form is saved, and just before it logs by itself."""
        changed = form.changed_data
        request.staff_wrote = (  # type: ignore[attr-defined]
            None if add else {name: _said(form.initial.get(name)) for name in changed},
            {name: _said(form.cleaned_data.get(name)) for name in changed},
        )
        return super().construct_change_message(request, form, formsets, add)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._tell("added", obj, *_wrote(request))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._tell("changed", obj, *_wrote(request))
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for row in queryset:
            self._tell("deleted", row, None, None)
        return super().log_deletions(request, queryset)

    def _tell(self, verb: str, row: Any, before: Any, after: Any) -> None:
        for tenant_id in self.companies_of(row):
            with tenant_scope(tenant_id):
                record(
                    f"{self.noun}.{verb}",
                    subject=row.public_id,
                    label=self.label_of(row),
                    before=before,
                    after=after,
                )


def _wrote(request: HttpRequest) -> tuple[Any, Any]:
    wrote: tuple[Any, Any] = getattr(request, "staff_wrote", (None, None))
    return wrote


def _said(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | str) else str(value)


class LookOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that only the product itself writes: staff looks, and changes nothing."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
