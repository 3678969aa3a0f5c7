"""The line around a shape."""

from tasks.perception.analysis import Lab


def pen_color(lab: Lab) -> Lab:
    """The color of the line around a shape of this color: a dark of its own hue, never black."""
    lightness, red, yellow = lab
    return max(10.0, lightness * 0.30), red * 0.5 + 5, yellow * 0.4 + 3
