"""Mutants of the rules: which of them no test notices. `run` makes a tree that mutmut can work on, and counts."""
