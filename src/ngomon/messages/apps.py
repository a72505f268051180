"""The messages room as a Django application."""

from django.apps import AppConfig


class MessagesConfig(AppConfig):
    name = "ngomon.messages"
    label = "messages"
