"""Style packs: one folder a style, whole.

A pack is a folder of this package, of another package (entry point group `storykin.styles`, whose value is
the package), or of the folder that STORYKIN_STYLES_DIR names. It holds:

    style.toml   words, order, colors, pass mark, drawing: `tasks.styles.pack` has every field
    sample.webp  how the style looks, 4:5, for the card that people choose by
    painter.py   `paint(figure, choices)`, unless the style is "cloud only"

Nothing else lists the styles: adding one changes no other file.
"""
