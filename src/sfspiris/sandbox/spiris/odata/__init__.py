"""The OData subset of the list calls: `$filter`, `$orderby`, `$select`, and the vendor's own `$page` and `$pagesize`.

Which operators and functions exist: the vendor's changelog on filters and what clients are known to send. Anything else
is refused, as an OData server does, because a filter that is silently passed over returns other people's invoices.
"""
