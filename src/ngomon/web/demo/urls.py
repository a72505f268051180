"""The demonstration's addresses; outside a demonstration each is not found."""

from django.urls import path

from . import pages

urlpatterns = [
    path("demo", pages.demo, name="demo"),
    path("demo/play", pages.play, name="demo_play"),
    path("demo/wind", pages.wind, name="demo_wind"),
    path("demo/tray", pages.tray, name="demo_tray"),
]
