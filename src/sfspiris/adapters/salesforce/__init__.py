"""Salesforce as a CRM: Opportunities are our Deals, Accounts our buyers.

Pure: `ids`, `catalog` (what an org has), `source` (where our fields come from in it), `soql`, `mapping`, and `refusals`, the
words for what Salesforce says no to. `wire` holds the vendor's documents. `app` and `oauth` sign in, `client` makes the calls,
`schema` remembers what the org has, and `crm` implements the port with them.
"""
