"""The processes room as a Django application."""

from django.apps import AppConfig


class ProcessesConfig(AppConfig):
    name = "ngomon.processes"
    label = "processes"
