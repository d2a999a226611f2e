"""Turns Closed Won deals in Salesforce into customers and invoice drafts in Spiris.

The rooms, from the outside in. `cli` speaks with people and wires everything together; `engine` gathers, lets `core` decide,
and carries out; `adapters` speak each vendor's language; `report` shows plans and results; `config` and `credentials` read
what the operator set; `sandbox` imitates both vendors on loopback. Below them, `ports` says in our own words what we ask of
the world and `state` remembers what we did. `core` decides and does no I/O; `swedish` knows Sweden and nothing of us;
`errors` names what can go wrong, grouped by what may happen next.

Read `core/planning/push.py` first, then `engine/run.py`.
"""

__version__ = "0.1.0"
