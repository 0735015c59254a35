"""The one address of each connection's webhooks."""

from django.urls import path

from portal.hooks.views import receive

app_name = "hooks"
urlpatterns = [path("<str:connection_id>", receive, name="receive")]
