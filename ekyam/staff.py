"""The admin for Ekyam's own staff, who look across tenants."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ekyam.tenants.scope import across_tenants


class StaffSite(admin.AdminSite):
    """Every view runs, and is rendered, across tenants and in one transaction."""

    site_header = site_title = "Ekyam staff"
    index_title = "All companies"
    site_url = "/"

    def login(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """By the same door as everybody: Django's own page knows the password alone."""
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or "/admin/")

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return super().admin_view(_across(view), cacheable)


def _across(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Inside admin_view's own check, so that only staff ever gets here."""

    @wraps(view)
    def across(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with across_tenants("staff looks at the admin"):
            answer = view(request, *args, **kwargs)
            render = getattr(answer, "render", None)
            return render() if render else answer

    return across


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
