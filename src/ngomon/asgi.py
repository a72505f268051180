"""The application objects that servers load: `wsgi` for pages and APIs, `app` for one embedded port."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ngomon.settings")

wsgi = get_wsgi_application()
