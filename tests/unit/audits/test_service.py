"""The journey of an audit: planned, answered, submitted; what is refused changes nothing."""
