"""Paid and free provider calls: claimed by work key, leased, budgeted, sent once."""
