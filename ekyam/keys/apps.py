"""The app that Django loads for keys, applications and what signs their tokens."""

from django.apps import AppConfig


class KeysConfig(AppConfig):
    name = "ekyam.keys"
