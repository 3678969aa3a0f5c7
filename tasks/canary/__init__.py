"""The drift canary: a fixed set of photos, drawn every week and measured against its own history."""
