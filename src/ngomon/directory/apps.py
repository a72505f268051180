"""The directory room as a Django application."""

from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "ngomon.directory"
    label = "directory"
