"""The bulk APIs: 2.0 with CSV (`/jobs/query`, `/jobs/ingest`), and the first one with JSON (`/services/async`).

Jobs are carried out when their data is complete; a client that polls sees them under way for as many polls as the switch
`polls_until_done` says.
"""
