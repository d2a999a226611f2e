"""The Spiris Bokföring & Fakturering API, imitated from the vendor's manual.

Read in this order: `model` says which fields each object has and what may be sent; `access` which scope, product variant
and module each call needs; `books` what one company remembers; then one module per resource. `pricing` and `odata` are
pure and stand alone. `control` is what people do in the product, `world` how a company comes to be.

What the vendor leaves undocumented is a switch with its reason (`switches`), never a silent guess.
"""
