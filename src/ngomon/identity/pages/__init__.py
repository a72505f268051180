"""The account pages: signing in, the profile, the page of a locked account."""
