"""Traces by OpenTelemetry, from the click to the provider: off unless STORYKIN_TRACES_TO is set."""
