"""`make topology`: the parts of deploy/compose.yaml as plain processes, and a day of work through them."""
