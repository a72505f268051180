"""The addresses of messages, under /messages/; the short one of a call (`/c/…`) stands in the house's own list."""

from django.urls import path

from ngomon.messages import pages

urlpatterns = [
    path("preferences", pages.preferences, name="messages_preferences"),
    path("calls", pages.my_calls, name="messages_calls"),
]

short = [path("c/<str:token>", pages.call, name="messages_call")]
"""Short enough to leave room for words in an SMS."""
