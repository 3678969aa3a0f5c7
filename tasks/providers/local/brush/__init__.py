"""The local engine's brush: a person's analysis in, a picture in one of five styles out."""

from tasks.providers.local.brush.drawing import STYLES, draw

__all__ = ["STYLES", "draw"]
