"""The REST API: one request to one answer, over HTTP or inside a composite request.

`call` holds both; `dispatch` finds the resource; the other modules are the resources. Resources know nothing of HTTP, so a
subrequest of a composite goes through exactly the code that the same request on its own would.
"""
