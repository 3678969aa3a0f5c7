"""Prefect's server as `storykin up` starts it: behind a gate that knows who may come in."""
