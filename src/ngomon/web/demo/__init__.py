"""The demonstration: a cast that one browser plays by a click, a past for the city, a clock to wind. Never in a real city."""
