"""The identity room as a Django application."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "ngomon.identity"
    label = "identity"
