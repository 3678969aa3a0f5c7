"""Calls whose outcome is unknown: reconciled with what the provider and the store say, or by a person."""
