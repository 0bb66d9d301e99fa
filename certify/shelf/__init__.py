"""Everything published, for anybody and without a token: certificates, events, status lists, keys, the log."""
