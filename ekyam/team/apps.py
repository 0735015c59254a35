"""The app that Django loads for the people of a company."""

from django.apps import AppConfig


class TeamConfig(AppConfig):
    name = "ekyam.team"
