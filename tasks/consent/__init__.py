"""Consent that can be shown: the texts, who gave it, and what may be done by it."""
