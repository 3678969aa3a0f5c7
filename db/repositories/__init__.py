"""Every query of the record, one family a file; nothing else writes SQL."""
