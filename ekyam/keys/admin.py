"""Keys and applications for Ekyam's staff to look at: the secrets are not there to be shown."""

from allauth.idp.oidc.models import Client, Token
from django.contrib import admin

from ekyam.keys.models import ApiKey, Application, ApplicationSecret, SigningKey
from ekyam.staff import LookOnly

# allauth's own rows follow from ours, and are changed by nobody else.
admin.site.unregister([Client, Token])


@admin.register(ApiKey)
class ApiKeyAdmin(LookOnly):
    list_display = (
        "tenant",
        "name",
        "prefix_of_secret",
        "expires_at",
        "revoked_at",
        "last_used_at",
    )
    list_select_related = ("tenant",)
    search_fields = ("name", "prefix_of_secret")
    exclude = ("digest",)


@admin.register(Application)
class ApplicationAdmin(LookOnly):
    list_display = ("tenant", "name", "created_at", "revoked_at", "last_used_at")
    list_select_related = ("tenant",)
    search_fields = ("name",)


@admin.register(ApplicationSecret)
class ApplicationSecretAdmin(LookOnly):
    list_display = ("application", "prefix_of_secret", "expires_at", "revoked_at")
    list_select_related = ("application",)
    exclude = ("digest",)


@admin.register(SigningKey)
class SigningKeyAdmin(LookOnly):
    list_display = ("kid", "created_at", "signs_from", "ends_at")
    exclude = ("private_pem",)
