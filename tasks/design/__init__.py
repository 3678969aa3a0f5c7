"""A character as shapes: designed once from what was seen of a person, and drawn in any medium at any size.

Nothing of a photo's pixels is in a design, only shapes and colors: it can be stored, exported and edited.
"""
