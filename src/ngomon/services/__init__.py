"""The city's services, one folder each. `manifest.py` reads, checks and installs them and imports none."""
