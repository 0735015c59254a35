"""The app that Django loads for people."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "ekyam.people"
