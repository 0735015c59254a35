"""The app that Django loads for visits."""

from django.apps import AppConfig


class VisitsConfig(AppConfig):
    name = "ekyam.visits"
