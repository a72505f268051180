"""Pages of the command post: every room, one room with its tabs, what is done there; the picture; the documents."""
