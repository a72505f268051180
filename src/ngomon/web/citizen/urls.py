"""The addresses of the citizen's tabs; the map and the reports are those of cases."""

from django.urls import include, path

from . import pages

urlpatterns = [
    path("", pages.home, name="home"),
    path("services", pages.services, name="services"),
    path("notices", pages.notices, name="notices"),
    path("notices/read", pages.notices_read, name="notices_read"),
    path("me", pages.me, name="me"),
    path("credits", pages.credits_page, name="credits"),
    path("", include("ngomon.web.mydata.urls")),
]
