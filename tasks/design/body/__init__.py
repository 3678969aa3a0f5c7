"""Everything below the chin: a bust for portraits, a whole figure for pages of a book."""
