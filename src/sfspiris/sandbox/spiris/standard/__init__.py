"""What a Swedish company has before anyone adds anything: countries, units, terms, codings, VAT codes, accounts."""
