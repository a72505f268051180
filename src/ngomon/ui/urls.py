"""The addresses of the frame itself: language, look, and the page that shows every component."""

from django.urls import path

from . import pages

urlpatterns = [
    path("", pages.styleguide, name="ui_styleguide"),
    path("language", pages.choose_language, name="ui_language"),
    path("look", pages.set_look, name="ui_look"),
]
