"""Signing in by an OpenID provider: asked for, answered, verified, and whose account it is."""
