"""What we add to an org: fields, the invoice object, views and permissions; written as source, or deployed.

`fields` declares, `metadata` and `views` put it into Salesforce's own words, `bundle` makes files of it.
"""
