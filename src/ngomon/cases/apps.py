"""The cases room as a Django application."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "ngomon.cases"
    label = "cases"
