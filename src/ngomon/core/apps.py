"""Core as a Django application; at start-up it reads every room's reactions, checks, personal data and what it keeps: none is forgotten."""

from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import autodiscover_modules

from ngomon.core import clock, logs


class CoreConfig(AppConfig):
    name = "ngomon.core"
    label = "core"

    def ready(self) -> None:
        if not settings.NGOMON_TESTING:
            logs.configure(settings.NGOMON_LOG_STYLE, settings.NGOMON_LOG_LEVEL)
        autodiscover_modules("reactions", "personal", "retained", "checks")
        if settings.NGOMON_DEMO:
            clock.use_offset_file(settings.NGOMON_HOME / "demo_clock")
