"""What both simulators stand on: records, clock, switches, faults, request log, and the application around vendor routes."""
