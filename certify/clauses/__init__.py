"""The clauses of the rulebook: each one small function that says met or not, and about what.

A room per stage, in the order of the book: `issue` (I), `suspension` (S and M), `revocation` (V), `release` (R),
`renewal` (N) and `ending` (W, E, X). Which outcome an unmet clause leads to stands in `certify.rules`.
"""
