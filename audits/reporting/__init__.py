"""The way of a report over HTTP: readiness, the closing meeting's sheet, preparation, signature, versions, keys."""
