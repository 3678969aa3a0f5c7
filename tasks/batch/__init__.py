"""Batches: what is missing, who holds the batch, how it ends."""
