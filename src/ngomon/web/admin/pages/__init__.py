"""The administrators' pages, by what they are about."""
