"""The messages room as a Django application; at start-up it opens the ways out that settings name."""

from django.apps import AppConfig
from django.utils.module_loading import import_string


class MessagesConfig(AppConfig):
    name = "ngomon.messages"
    label = "messages"

    def ready(self) -> None:
        import_string("ngomon.messages.channels.open_channels")()
