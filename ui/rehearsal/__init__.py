"""A stand-in for OpenAI's and Replicate's APIs on this machine, with a usage log and fault injection."""
