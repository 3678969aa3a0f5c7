"""The local engine's brush: a person's analysis in, a picture in one of five styles out."""

from tasks.renderer.draw import STYLES, draw

__all__ = ["STYLES", "draw"]
