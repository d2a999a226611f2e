"""What the vendor does not say, or what a company chooses: every switch of the Spiris simulator, with its reason."""

from sfspiris.sandbox.kernel.switches import Switch

_YES_NO = ("yes", "no")

SWITCHES: tuple[Switch, ...] = (
    Switch(
        "missing_draft",
        "404",
        "the manual declares 404 for 35 of 228 operations and for none on drafts, invoices, customers, articles or orders; "
        "what a deleted one answers is unknown: 404, or 400 with ErrorCode 3000",
        values=("404", "400-3000"),
    ),
    Switch(
        "created_from_draft_id",
        "filled",
        "CreatedFromDraftId is documented as input only; whether an invoice that was issued from a draft names it is unknown",
        values=("filled", None),
    ),
    Switch(
        "references_survive_issue",
        "yes",
        "which references, notes and attachments an invoice takes over from its draft is not documented",
        values=_YES_NO,
    ),
    Switch(
        "order_of_a_draft",
        "invoiced",
        "whether an order counts as invoiced as soon as a person makes a draft of it, or when that draft is issued, is not documented",
        values=("invoiced", "ongoing"),
    ),
    Switch(
        "payment_moves_modified",
        "yes",
        "whether a payment moves an invoice's ModifiedUtc, and so shows up in modifiedSinceUtc, is not documented",
        values=_YES_NO,
    ),
    Switch(
        "modified_since",
        "inclusive",
        "whether modifiedSinceUtc includes the moment itself is not documented",
        values=("inclusive", "exclusive"),
    ),
    Switch(
        "filterable_fields",
        "all",
        "no list of filterable fields is published and some fields are known not to be; name those that are: "
        '"CustomerId" for every list, "customerinvoices.OurReference" for one',
        values=("all",),
        kind="names",
    ),
    Switch(
        "filter_case",
        "sensitive",
        "whether $filter compares texts without regard to case is not documented; databases such as the vendor's often do",
        values=("sensitive", "blind"),
    ),
    Switch(
        "large_page",
        "capped",
        "a $pagesize above 1000 may be answered with 1000 records or refused; which is not documented",
        values=("capped", "refused"),
    ),
    Switch(
        "index_lag_seconds",
        0,
        "lists are often served from a copy that is some moments behind; how far behind is not documented",
        kind="number",
    ),
    Switch(
        "retry_after_header",
        "yes",
        "a 429 names the seconds in its message always and in Retry-After only sometimes",
        values=_YES_NO,
    ),
    Switch(
        "rate_limit_per_minute",
        600,
        "600 calls per minute, client and endpoint, is the published limit; null switches it off",
        values=(None,),
        kind="number",
    ),
    Switch(
        "vies",
        "up",
        "VAT numbers are checked with the EU's VIES service, which is sometimes down; refuses means it knows no number",
        values=("up", "down", "refuses"),
    ),
    Switch(
        "unique_orgnr",
        "no",
        "CorporateIdentityNumber is not stated to be unique among customers, nor is the contrary",
        values=_YES_NO,
    ),
    Switch(
        "keep_original_draft_date",
        "company",
        "a company chooses whether a draft keeps its date (KeepOriginalDraftDate); yes and no override every company",
        values=("company", *_YES_NO),
    ),
    Switch(
        "domestic_currency_rounding",
        "company",
        "a company chooses whether totals are rounded to whole kronor (DomesticCurrencyRounding); yes and no override it",
        values=("company", *_YES_NO),
    ),
    Switch(
        "prices_excl_vat_private",
        "as_documented",
        "the manual says that a private customer's prices include VAT when ShowPricesExclVatPC is true; the setting's name "
        "says the opposite",
        values=("as_documented", "as_named"),
    ),
    Switch(
        "void_shows_as_credit",
        "yes",
        "no field says that an invoice was voided; it probably shows as credited in full, or else only as nothing remaining",
        values=_YES_NO,
    ),
    Switch(
        "company_chooser",
        "always",
        "without prompt or acr_values the vendor silently reuses the user's default company; on_prompt does so too",
        values=("always", "on_prompt"),
    ),
    Switch(
        "refresh_grace_seconds",
        0,
        "no grace period for a refresh token that was used already is documented; so many seconds it still works",
        kind="number",
    ),
    Switch(
        "refresh_reuse",
        "refused",
        "a used refresh token is refused; whether its reuse also ends the sign-in it belongs to is not documented",
        values=("refused", "ends_sign_in"),
    ),
)
