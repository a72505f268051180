"""Decisions of processes: what a definition means and whether it is sound, who may act, and when things are due. Pure."""
