"""Companies, people and what they may do, for Ekyam's staff."""

from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from ekyam.tenants.models import Membership, Tenant, User

admin.site.unregister(Group)


@admin.register(Tenant)
class TenantAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "slug", "time_zone", "created_at")
    search_fields = ("name", "slug")
    readonly_fields = ("created_at",)

    def has_delete_permission(self, request: HttpRequest, obj: Tenant | None = None) -> bool:
        return False  # all that a company has would go with it


@admin.register(User)
class UserAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("email", "name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    exclude = ("password", "groups", "user_permissions")
    readonly_fields = ("last_login", "created_at")


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("user", "tenant", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("user", "tenant")
    search_fields = ("user__email", "tenant__name")
    autocomplete_fields = ("user", "tenant")
