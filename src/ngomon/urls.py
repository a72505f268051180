"""The table of contents of the whole house: which room answers which address."""

from django.urls import URLPattern, URLResolver, include, path

from ngomon.messages import urls as messages_urls

handler400 = "ngomon.core.pages.malformed"
handler403 = "ngomon.core.pages.refused"
handler404 = "ngomon.core.pages.not_found"
handler500 = "ngomon.core.pages.broken"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("ngomon.web.citizen.urls")),
    path("", include("ngomon.cases.urls")),
    path("", include("ngomon.incidents.urls")),
    path("account/", include("ngomon.identity.urls")),
    path("messages/", include("ngomon.messages.urls")),
    path("", include(messages_urls.short)),
    path("", include("ngomon.web.desk.urls")),
    path("", include("ngomon.web.admin.urls")),
    path("", include("ngomon.web.demo.urls")),
    path("", include("ngomon.directory.urls")),
    path("", include("ngomon.core.urls")),
    path("ui/", include("ngomon.ui.urls")),
]

handler400 = "ngomon.core.pages.malformed"
handler403 = "ngomon.core.pages.refused"
handler404 = "ngomon.core.pages.not_found"
handler500 = "ngomon.core.pages.broken"
