"""A painter's tools: canvas, strokes, fills, washes, and a person placed on the sheet. It knows no style.

Conventions of every array are stated in `tasks.renderer.pixels`.
"""
