"""Replicate, over its HTTP API."""
