"""Who works here: accounts, passwords, sessions, and how often somebody may try."""
