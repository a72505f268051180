"""Everything a template gets by `{% load ui %}`."""

from django import template

from ngomon.ui.tags import components, frame, parts, words

register = template.Library()
for room in (words, components, parts, frame):
    register.tags.update(room.register.tags)
    register.filters.update(room.register.filters)
