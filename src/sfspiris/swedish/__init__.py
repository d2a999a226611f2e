"""What Sweden says about numbers, places, money and VAT. Pure: knows nothing of deals, ledgers or us.

Every module answers with a `Finding` from `verdict.py`: a verdict, the canonical value, and the rule in plain words.
`text.py` cleans what people and spreadsheets leave around a value; `orgnr.py` and `vat_numbers.py` read identities;
`postal.py`, `address.py` and `countries.py` read places; `payment_refs.py` reads giro numbers and OCR references;
`rounding.py` holds the arithmetic; `vat_rates.py` and `treatment.py` apply the dated table in `vat.toml`; and
`daily_sales.py` turns a day's till report into the lines of one voucher.
"""
