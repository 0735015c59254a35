"""The addresses of the pages. Public ids only, and never a tenant."""

from django.urls import path

from connectors.oauth import RETURN_PATH
from portal.web import (
    authorisation,
    connections,
    dead_letters,
    deliveries,
    flows,
    home,
    orders,
    pieces,
    requests,
    runs,
    tenants,
)

urlpatterns = [
    path("", home.home, name="home"),
    path("tenants/", tenants.tenants, name="tenants"),
    path("connections/", connections.connections, name="connections"),
    path(RETURN_PATH.lstrip("/"), authorisation.authorized, name="authorized"),
    path("connections/<str:id>/", connections.connection, name="connection"),
    path("connections/<str:id>/check/", connections.check, name="check_connection"),
    path("connections/<str:id>/pause/", connections.pause, name="pause_connection"),
    path("connections/<str:id>/resume/", connections.resume, name="resume_connection"),
    path("connections/<str:id>/authorize/", authorisation.authorize, name="authorize"),
    path("connections/<str:id>/credentials/", authorisation.credentials, name="change_credentials"),
    path("flows/", flows.flows, name="flows"),
    path("flows/<str:id>/switch/", flows.switch, name="switch_flow"),
    path("orders/", orders.orders, name="orders"),
    path("orders/<str:id>/", orders.journey, name="journey"),
    path("orders/<str:id>/part/", orders.journey_part, name="journey_part"),
    path("search/", orders.search, name="search"),
    path("runs/", runs.runs, name="runs"),
    path("runs/<str:id>/", runs.run, name="run"),
    path("dead-letters/", dead_letters.dead_letters, name="dead_letters"),
    path("dead-letters/<str:key>/", dead_letters.dead_group, name="dead_group"),
    path("dead-letters/<str:key>/replay/", dead_letters.replay_group, name="replay_group"),
    path("deliveries/<str:id>/", deliveries.delivery, name="delivery"),
    path("deliveries/<str:id>/exchanges/", deliveries.exchanges, name="exchanges"),
    path("deliveries/<str:id>/replay/", deliveries.replay, name="replay_delivery"),
    path("deliveries/<str:id>/cancel/", deliveries.cancel, name="cancel_delivery"),
    path("deliveries/<str:id>/edit/", deliveries.edit, name="edit_delivery"),
    path("events/<str:id>/payload/", deliveries.payload, name="payload"),
    path("events/<str:id>/done/", requests.mark_done, name="mark_done"),
    path("components/", pieces.components, name="components"),
]
