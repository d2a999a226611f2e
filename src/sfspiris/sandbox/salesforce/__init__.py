"""A Salesforce org on loopback, written from the vendor's manuals.

`simulator` puts the org together. `rest` answers the REST API, `bulk` and `metadata` what belongs to them, `oauth` and
`sessions` let people in. `soql` reads queries, `schema` knows objects and fields, `store` keeps records, `dml` changes them, and
`behaviours` does what the platform does by itself when they change. `world` fills an org, `control` is its people and admins.

Only what integrations of sales and invoicing meet is here. What is not answers as the vendor would to something it does not
have, so a client never mistakes a gap for a success.
"""
