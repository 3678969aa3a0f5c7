"""Style packs: one folder a style, with its words, parameters, colors and painter."""
