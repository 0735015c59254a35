"""Where programs get tokens, and what whoever verifies them must know. Machines only: the page on
which a person agrees is among the pages."""

from django.urls import include, path

from portal.oauth.metadata import jwks, oauth_metadata, openid_configuration
from portal.oauth.token import token
from portal.oauth.userinfo import userinfo

urlpatterns = [
    path("oauth/token", token, name="oauth_token"),
    path("oauth/userinfo", userinfo, name="oauth_userinfo"),
    path(
        ".well-known/",
        include(
            [
                path("jwks.json", jwks, name="jwks"),
                path("oauth-authorization-server", oauth_metadata, name="oauth_metadata"),
                path("openid-configuration", openid_configuration, name="openid_configuration"),
            ]
        ),
    ),
]
