"""Every address that Ekyam answers, from the top."""

from django.contrib import admin
from django.urls import include, path

from ekyam.health import healthz, readyz
from ekyam.metrics import metrics

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("hooks/", include("portal.hooks.urls")),
    path("", include("portal.oauth.urls")),
    path("api/", include("portal.api.urls")),
    path("", include("portal.web.urls")),
    path("", include("portal.account.urls")),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
]

handler404 = "portal.web.refusals.not_found"
