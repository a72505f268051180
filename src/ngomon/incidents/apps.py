"""The incidents room as a Django application."""

from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "ngomon.incidents"
    label = "incidents"
