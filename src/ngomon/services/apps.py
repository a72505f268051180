"""The services' common ground as a Django application; each service is an application of its own."""

from django.apps import AppConfig


class ServicesConfig(AppConfig):
    name = "ngomon.services"
    label = "services"
