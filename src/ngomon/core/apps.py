"""Core as a Django application; at start-up it reads every room's reactions so that none is forgotten."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CoreConfig(AppConfig):
    name = "ngomon.core"
    label = "core"

    def ready(self) -> None:
        autodiscover_modules("reactions")
