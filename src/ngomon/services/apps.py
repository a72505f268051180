"""The services room as a Django application."""

from django.apps import AppConfig


class ServicesConfig(AppConfig):
    name = "ngomon.services"
    label = "services"
