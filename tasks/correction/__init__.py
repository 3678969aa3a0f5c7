"""What people put right on a character: its profile, its name, what is ordered, what is said of it.

Each use case takes who it is (`by`, a user's id) and leaves an event with that; none asks a provider.
"""
