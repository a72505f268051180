"""The administrators' pages: catalogue, agencies, people, calendar, programs, and what needs a person's attention."""
