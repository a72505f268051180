"""Phản ánh hiện trường: field reports from people, the first of the city's services."""
