"""SOQL as the server reads it: text to syntax tree, tree to plan, plan to rows.

`parser` accepts the whole statement or refuses it with `MALFORMED_QUERY`; `binder` resolves every name against the org's
schema and every literal against its field's type, and knows the vendor's refusals; `plan` runs what was bound.
"""
