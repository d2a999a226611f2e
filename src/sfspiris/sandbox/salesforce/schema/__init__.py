"""What an org's objects and fields are, and how describe shows them.

`model` holds the shapes; `build` the short words in which `standard` declares the platform's own objects; `declared` reads
what a world, a control call or a deployment adds; `registry` puts them together into the schema that queries and writes
see; `describe` says it in the vendor's wire shape.
"""
