"""Worked cases: what the rulebook freemark-2026.1 says of a factory, told so that a scheme manager can check it.

`*.toml` are the cases, a file per chapter; README.md says how to read and write one. `reading` turns a case into the
dossier, the standing and the expectation, by the words of `words` and no others; `faultless` has what every case
starts from. tests/unit/certify/test_worked_cases.py decides them all.
"""
