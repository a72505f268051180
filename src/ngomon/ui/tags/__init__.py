"""The template tags and filters, by kind; `templatetags/ui.py` offers them all as `{% load ui %}`."""
