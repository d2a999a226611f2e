"""Decides, and does no I/O: same inputs, same plan, byte for byte."""
