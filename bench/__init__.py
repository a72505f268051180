"""One benchmark per claim, each a ratio measured in one run: `python -m bench [--only NAME] [--scale normal|full]`."""
