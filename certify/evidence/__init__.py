"""Proof that a decision was made when it says: its commitment under a root that the public log has had since."""
