"""Which fields every object of the API has: data tables, transcribed from the vendor's manual.

One table serves three ends: what may be sent (`validation`), what an answer contains (`Shape.blank`), and what a filter
may name (`odata`).
"""
