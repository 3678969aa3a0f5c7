"""The rehearsal cloud: OpenAI's and Replicate's wire formats here, with books and faults of its own."""
