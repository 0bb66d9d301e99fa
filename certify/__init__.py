"""The chair: what follows from what the eyes saw.

Owns the rulebooks, the applications, the decisions, the certificates, their status lists and the public log.
It never signs what the rules refuse, and it never changes history: a standing is a fold over the log.
From outside, only `rulebook`, `events`, `credential`, `statuslist`, `merkle`, `checkpoint`, `register` and `log` may
be imported, by `labels`, `verify` and the roof.
"""
