"""The judge: a label and a bundle in, a verdict out.

Owns the bundle, the judgement, the offline verifier, the scan pages, and the counts of scans.
It trusts signatures, never our tables: the judgement reaches no database, and it never imports `audits`.
Nothing below may import it; only the roof stands above.
"""
