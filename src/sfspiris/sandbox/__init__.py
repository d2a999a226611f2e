"""Local imitations of Salesforce and Spiris, to rehearse with before anything reaches the real systems.

Each simulator is written from its vendor's manual and from nothing of ours: two independent readings can disagree, and a
disagreement is a finding. What both need (durable records, a clock that can be set, faults, switches, the request log,
the control calls) is `kernel`. `worlds` describes what an org and its companies contain. `server` puts both on loopback,
in one process and one event loop.

A handler never awaits between reading and writing records, so what one request sees is never half of another's work.
"""
