"""Companies, people and what they may do, for Ekyam's staff."""

from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from ekyam.sessions.operations import end_all
from ekyam.staff import Told
from ekyam.team.members import NO_OWNER_LEFT, is_last_owner
from ekyam.tenants.models import Membership, Role, Tenant, User


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

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False  # whoever is deactivated is out as well, and what they did keeps its name

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """The mailbox of an address that staff takes away must not bring the account back."""
        super().save_model(request, obj, form, change)
        is_moved = change and "email" in form.changed_data
        if is_moved:
            EmailAddress.objects.filter(user=obj).delete()
        if is_moved or not obj.is_active:
            end_all(obj)

    def companies_of(self, row: User) -> list[UUID]:
        """Every company of the person. The view's scope sees them all."""
        memberships = Membership.objects.filter(user=row).order_by("tenant_id")
        return list(memberships.values_list("tenant_id", flat=True))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Only who may do everything makes somebody staff."""
        fixed = super().get_readonly_fields(request, obj)
        user: Any = request.user
        return fixed if user.is_superuser else (*fixed, "is_staff", "is_superuser")


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
class MembershipAdmin(Told):
    noun = "member"
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

    def companies_of(self, row: Membership) -> list[UUID]:
        return [row.tenant_id]

    def label_of(self, row: Membership) -> str:
        return str(row.user)
