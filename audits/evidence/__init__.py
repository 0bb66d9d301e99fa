"""Documents and pictures: taken in piece by piece, looked at with suspicion, kept encrypted under their hash."""
