"""What an org's objects and fields are, and how describe shows them.

`model` holds the shapes; `build` the short words in which `standard` declares the platform's own objects; `declared` reads
what a world, a control call or a deployment adds, and `joining` how such declarations add up; `assembly` puts everything
together into the `registry` that queries and writes use; `describe` says it in the vendor's wire shape.
"""
