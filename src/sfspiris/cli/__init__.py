"""Speaks with people and pipelines, and wires everything together."""
