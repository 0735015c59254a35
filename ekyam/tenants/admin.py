"""Companies, people and what they may do, for Ekyam's staff."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from ekyam.staff import Told
from ekyam.tenants.models import Membership, Tenant, User

admin.site.unregister(Group)


@admin.register(Tenant)
class TenantAdmin(Told):
    noun = "company"
    list_display = ("name", "slug", "time_zone", "created_at", "visit")
    search_fields = ("name", "slug")
    readonly_fields = ("created_at", "visit")

    def has_delete_permission(self, request: HttpRequest, obj: Tenant | None = None) -> bool:
        return False  # all that a company has would go with it

    def companies_of(self, row: Tenant) -> list[UUID]:
        return [row.pk]

    @admin.display(description="what they see")
    def visit(self, row: Tenant) -> str:
        if row._state.adding:
            return "-"
        address = reverse("admin:visit_company", kwargs={"tenant_id": row.pk})
        return format_html('<a href="{}">Visit {}</a>', address, row.name)


@admin.register(User)
class UserAdmin(Told):
    noun = "person"
    list_display = ("email", "name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    exclude = ("password", "groups", "user_permissions")
    readonly_fields = ("last_login", "created_at")

    def companies_of(self, row: User) -> list[UUID]:
        """Every company of the person. The view's scope sees them all."""
        memberships = Membership.objects.filter(user=row).order_by("tenant_id")
        return list(memberships.values_list("tenant_id", flat=True))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Only who may do everything makes somebody staff."""
        fixed = super().get_readonly_fields(request, obj)
        user: Any = request.user
        return fixed if user.is_superuser else (*fixed, "is_staff", "is_superuser")


@admin.register(Membership)
class MembershipAdmin(Told):
    noun = "member"
    list_display = ("user", "tenant", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("user", "tenant")
    search_fields = ("user__email", "tenant__name")
    autocomplete_fields = ("user", "tenant")

    def companies_of(self, row: Membership) -> list[UUID]:
        return [row.tenant_id]

    def label_of(self, row: Membership) -> str:
        return str(row.user)
