"""A self-hosted image server that speaks OpenAI's `/v1/images/edits`."""
