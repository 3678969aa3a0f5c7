"""The look of Gradio's own widgets; everything else is `static/studio.css`, in the same colours."""

import gradio as gr

PAPER, CARD, LINE = "#faf6ef", "#fffdf9", "#e6dac7"
INK, SOFT_INK = "#2a2130", "#655966"
BRICK, BRICK_DARK = "#b3402c", "#94321f"
EDGE = "#8d7f78"  # of inputs: 3:1 on the card

_BRICK_SHADES = gr.themes.Color(
    name="brick",
    c50="#fdf3ef", c100="#fbe4dc", c200="#f5c7b9", c300="#eaa08b", c400="#dc7459", c500="#c9543a",
    c600=BRICK, c700=BRICK_DARK, c800="#782a1c", c900="#602519", c950="#35110b",
)  # fmt: skip
_STONE_SHADES = gr.themes.Color(
    name="parchment",
    c50="#fdfbf7", c100=PAPER, c200="#f0e8db", c300=LINE, c400="#b9aa9c", c500=EDGE,
    c600=SOFT_INK, c700="#4d4350", c800="#3a3140", c900=INK, c950="#1b151f",
)  # fmt: skip

FONT = ("Figtree", "ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "DejaVu Sans Mono", "monospace")


def studio_theme() -> gr.themes.Base:
    """Warm paper, dark ink, one brick-red accent; the fonts are served by us."""
    sizes = gr.themes.sizes
    theme = gr.themes.Base(
        primary_hue=_BRICK_SHADES,
        secondary_hue=_BRICK_SHADES,
        neutral_hue=_STONE_SHADES,
        radius_size=sizes.radius_md,
        spacing_size=sizes.spacing_md,
        text_size=sizes.text_md,
        font=FONT,
        font_mono=MONO,
    )
    return theme.set(
        body_background_fill=PAPER,
        body_background_fill_dark=PAPER,
        body_text_color=INK,
        body_text_color_subdued=SOFT_INK,
        block_background_fill=CARD,
        block_border_color=LINE,
        block_border_width="1px",
        block_shadow="none",
        block_title_text_color="#4d4350",
        block_title_text_size="14px",
        block_title_text_weight="600",
        block_info_text_color=SOFT_INK,
        input_background_fill="#ffffff",
        input_border_color=EDGE,
        input_border_color_focus=BRICK,
        input_border_width="1px",
        input_placeholder_color="#756a73",
        input_shadow_focus="0 0 0 3px #f5c7b9",
        button_primary_background_fill=BRICK,
        button_primary_background_fill_hover=BRICK_DARK,
        button_primary_text_color="#ffffff",
        button_primary_border_color=BRICK,
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_hover="#f7f0e5",
        button_secondary_border_color="#b9aa9c",
        button_secondary_text_color=INK,
        button_large_text_weight="600",
        checkbox_background_color_selected=BRICK,
        checkbox_border_color_selected=BRICK,
        checkbox_border_color=EDGE,
        checkbox_label_background_fill="#ffffff",
        checkbox_label_background_fill_selected="#fdf3ef",
        checkbox_label_border_color="#cfc1b0",
        checkbox_label_border_color_selected=BRICK,
        checkbox_label_text_color=INK,
        checkbox_label_text_color_selected=INK,
        checkbox_label_text_weight="500",
    )
