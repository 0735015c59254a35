"""The addresses of the API. Public ids only, and never a tenant."""

from django.urls import include, path, re_path

from portal.api import (
    bulk,
    connections,
    deliveries,
    document,
    endpoints,
    flows,
    orders,
    people,
    received,
    stock,
    syncs,
)

app_name = "api"
resources = [
    path("connections", connections.Connections.as_view()),
    path("connections/<str:id>", connections.OneConnection.as_view()),
    path("connections/<str:id>/pause", connections.PauseConnection.as_view()),
    path("connections/<str:id>/resume", connections.ResumeConnection.as_view()),
    path("flows", flows.Flows.as_view()),
    path("flows/<str:id>", flows.OneFlow.as_view()),
    path("mappings", flows.Mappings.as_view()),
    path("mappings/<str:id>", flows.OneMapping.as_view()),
    path("runs", received.Runs.as_view()),
    path("runs/<str:id>", received.OneRun.as_view()),
    path("events", received.Events.as_view()),
    path("events/<str:id>", received.OneEvent.as_view()),
    path("events/<str:id>/answer", received.AnswerEvent.as_view()),
    path("deliveries", deliveries.Deliveries.as_view()),
    path("deliveries/retry", bulk.RetryMany.as_view()),
    path("deliveries/replay", bulk.ReplayMany.as_view()),
    path("deliveries/waive", bulk.WaiveMany.as_view()),
    path("deliveries/<str:id>", deliveries.OneDelivery.as_view()),
    path("deliveries/<str:id>/retry", deliveries.RetryDelivery.as_view()),
    path("deliveries/<str:id>/replay", deliveries.ReplayDelivery.as_view()),
    path("deliveries/<str:id>/edit", deliveries.EditDelivery.as_view()),
    path("deliveries/<str:id>/waive", deliveries.WaiveDelivery.as_view()),
    path("dead-letters", deliveries.DeadLetters.as_view()),
    path("orders", orders.Orders.as_view()),
    path("orders/<path:id>", orders.OneOrder.as_view()),
    path("stock/levels", stock.Levels.as_view()),
    path("stock/levels/<path:sku>", stock.OneItem.as_view()),
    path("stock/syncs", syncs.Syncs.as_view()),
    path("stock/syncs/<str:id>", syncs.OneSync.as_view()),
    path("stock/syncs/<str:id>/stop", syncs.StopSync.as_view()),
    path("stock/syncs/<str:id>/answer", syncs.AnswerSync.as_view()),
    path("webhook-endpoints", endpoints.Endpoints.as_view()),
    path("webhook-endpoints/<str:id>", endpoints.OneEndpoint.as_view()),
    path("webhook-endpoints/<str:id>/secret", endpoints.EndpointSecret.as_view()),
    path("members", people.Members.as_view()),
    path("members/<str:id>", people.OneMember.as_view()),
    path("audit", people.Audit.as_view()),
    path("audit/<str:id>", people.OneAudit.as_view()),
]
urlpatterns = [
    path("v1/", include(resources)),
    path("v1/openapi.json", document.openapi, name="openapi"),
    re_path("^v1(/.*)?$", people.Unknown.as_view()),
]
