"""The roof: puts the floors together and opens the doors to the street.

Owns the app, the command line, the wiring of events to handlers, the jobs, the worker, the migrations and the demo.
It never holds a rule: what a finding means, or what a label says, is decided below.
It may import everything; nothing may import it.
"""
