"""What every room stands on: units of work, the event log, reactions, deliveries, audit, texts. Knows no city word."""
