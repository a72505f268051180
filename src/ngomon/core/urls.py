"""The machine room's addresses."""

from django.urls import path

from ngomon.core import pages

urlpatterns = [
    path("healthz", pages.health, name="core_health"),
    path("metrics", pages.show_metrics, name="core_metrics"),
]
