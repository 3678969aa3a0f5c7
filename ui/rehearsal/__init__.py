"""A stand-in for OpenAI's and Replicate's APIs on this machine, with a usage log and fault injection.

By hand, as mock servers answer what they are told: this one draws, bills and keeps its log through a kill -9,
so that what we believe was paid can be compared with what was.
"""
