"""The app that Django loads for sessions."""

from django.apps import AppConfig


class SessionsConfig(AppConfig):
    name = "ekyam.sessions"
    # Django's own app of sessions has the plain label, and brings `clearsessions`.
    label = "ekyam_sessions"
