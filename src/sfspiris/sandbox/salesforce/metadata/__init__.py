"""Deploying set-up: custom objects, fields, validation rules and permission sets, as a zip or field by field.

`package` reads a zip in metadata form; `components` says what its parts declare and `views` checks what shows them;
`deployment` carries a package into the org; `deploying` is the REST resource; `tooling` makes a single field. A field that came this way is invisible until an assigned permission set grants it.
"""
