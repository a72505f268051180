"""The machine room's addresses."""

from django.urls import path

from ngomon.core import pages

urlpatterns = [
    path("healthz", pages.health, name="core_health"),
    path("metrics", pages.show_metrics, name="core_metrics"),
    path("seal/checkpoint", pages.checkpoint, name="core_seal_checkpoint"),
    path("seal/key", pages.seal_key, name="core_seal_key"),
    path("seal/consistency/<int:old>/<int:new>", pages.consistency, name="core_seal_consistency"),
]
