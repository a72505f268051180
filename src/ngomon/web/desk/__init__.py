"""The desk: queues by due time, one case at a glance, every action with its key and what the citizen will read."""
