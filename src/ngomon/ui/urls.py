"""The addresses of the frame itself: language, look, and the page that shows every component."""

from django.urls import path

from . import offline, pages

urlpatterns = [
    path("", pages.styleguide, name="ui_styleguide"),
    path("language", pages.choose_language, name="ui_language"),
    path("offline.js", offline.worker, name="ui_offline"),
    path("look", pages.set_look, name="ui_look"),
]
