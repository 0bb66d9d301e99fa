"""`freemark demo --history`: some years of a scheme's life, made through the real services from a seed.

Owns the making of a world on which replay, dry run, check and serve can be tried at size. Everything in it went through
the services that the routes call, on a clock that is set; nothing is written behind their back. The same seed, size and
last day give the same outcomes; ids, keys and hashes differ, because those are drawn.
"""
