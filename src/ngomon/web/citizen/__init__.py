"""The citizen's face: home, services, notices, me. Pages that put several rooms together."""
