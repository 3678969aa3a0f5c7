"""Replicate's side of the rehearsal cloud."""
