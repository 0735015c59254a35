"""A site with a view that fails, and that names a secret while it does."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("The password is hush-hush.")


urlpatterns = [path("broken/", broken), path("", include("portal.web.urls"))]
