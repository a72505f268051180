"""The demonstration's addresses; outside a demonstration each is not found."""

from django.urls import path

from . import pages

urlpatterns = [
    path("demo", pages.demo, name="demo"),
    path("demo/play", pages.play, name="demo_play"),
    path("demo/step", pages.step, name="demo_step"),
    path("demo/picture/<slug:which>", pages.picture, name="demo_picture"),
    path("demo/wind", pages.wind, name="demo_wind"),
    path("demo/tray", pages.tray, name="demo_tray"),
]
