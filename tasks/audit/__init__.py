"""The audit log: who did what, in a chain that shows when a hand was put to it."""
