"""The eyes: what auditors saw at a site.

Owns the standards, the audits with their answers and findings, and the corrective actions with their two clocks.
It never imports `certify`: the eye does not know what its finding will cost.
From outside, only `standard`, `facts` and `dossier` may be imported, and only by `certify` and the roof.
"""
