"""The web room as a Django application."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "ngomon.web"
    label = "web"
