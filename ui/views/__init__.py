"""The only rooms that write HTML: escaped templates, fed with plain data."""
