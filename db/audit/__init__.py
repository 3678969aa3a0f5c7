"""Entering acts in the audit log: acts, the chain's seals, the note that lies outside the database."""
