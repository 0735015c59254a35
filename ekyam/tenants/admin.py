"""Companies, people and what they may do, for Ekyam's staff."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from ekyam.sessions.operations import end_all
from ekyam.team.members import NO_OWNER_LEFT, is_last_owner
from ekyam.tenants.models import Membership, Role, Tenant, User

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

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False  # whoever is deactivated is out as well, and what they did keeps its name

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            end_all(obj)


class MembershipForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean(self) -> dict[str, Any] | None:
        """Before the form's values are put into the row."""
        values, row = super().clean() or {}, self.instance
        tenant = values.get("tenant")
        stays = values.get("role") == Role.OWNER and tenant and tenant.pk == row.tenant_id
        if not stays and not row._state.adding and is_last_owner(row):
            raise forms.ValidationError(NO_OWNER_LEFT)
        return values


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = MembershipForm
    actions = None  # one at a time, so that each is asked whether it may go
    list_display = ("user", "tenant", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("user", "tenant")
    search_fields = ("user__email", "tenant__name")
    autocomplete_fields = ("user", "tenant")

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        may = super().has_delete_permission(request, obj)
        return may and not (obj is not None and is_last_owner(obj))
