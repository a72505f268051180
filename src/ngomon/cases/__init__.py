"""Signals become cases: intake, the same thing found, verification, routing, handling, answer, rating. Nobody here sees
a reporter's identity but through `queries.reporter_of`, which says for what purpose and is audited."""
