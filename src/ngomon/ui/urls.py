"""The addresses of the frame itself: language, look, and the page that shows every component."""

from django.urls import path
from django.views.i18n import set_language

from . import pages

urlpatterns = [
    path("", pages.styleguide, name="ui_styleguide"),
    path("language", set_language, name="ui_language"),
    path("look", pages.set_look, name="ui_look"),
]
