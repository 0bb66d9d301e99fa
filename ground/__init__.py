"""The ground floor: who people are, and how things are kept.

Owns the errors, canonical bytes, signatures and key sets, the access table, the database and its two kinds of session,
the clock, the ids, the journal, the outbox, and the places for files and for what is published.
It never knows what a finding means, and it imports none of the other packages.
All the other packages may import it; the pure modules among them only its pure modules.
"""
