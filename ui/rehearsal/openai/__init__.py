"""OpenAI's side of the rehearsal cloud."""
