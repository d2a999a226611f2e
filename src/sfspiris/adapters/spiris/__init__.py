"""Spiris Bokföring & Fakturering (formerly Visma eEkonomi), API v2: one company per sign-in.

There is no code here that books, converts, mails or deletes: a person in finance does that, in Spiris.
"""
