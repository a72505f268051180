"""Core as a Django application; at start-up it reads every room's reactions so that none is forgotten."""

from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import autodiscover_modules

from ngomon.core import clock


class CoreConfig(AppConfig):
    name = "ngomon.core"
    label = "core"

    def ready(self) -> None:
        autodiscover_modules("reactions")
        if settings.NGOMON_DEMO:
            clock.use_offset_file(settings.NGOMON_HOME / "demo_clock")
