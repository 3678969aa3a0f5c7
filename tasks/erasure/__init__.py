"""Erasure: one person out of everything that is kept, for good, told by a certificate."""
