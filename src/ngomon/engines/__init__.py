"""Implementations of core's database port, chosen in settings by NGOMON_DATABASE_URL."""
