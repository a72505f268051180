"""The addresses of messages, under /messages/."""

from django.urls import path

from ngomon.messages import pages

urlpatterns = [path("preferences", pages.preferences, name="messages_preferences")]
