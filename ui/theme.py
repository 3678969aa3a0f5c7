"""The look of Gradio's own widgets, in the tokens of `static/tokens.css`: no color is written down here."""

import gradio as gr


def _token(name: str) -> str:
    return f"var(--sk-{name})"


_ACCENT_SHADES = gr.themes.Color(
    "accent",
    *map(
        _token,
        ("accent-tint", "accent-soft", "accent-line", "accent-line", "accent", "accent", "accent",
         "accent-strong", "accent-soft-text", "accent-soft-text", "accent-soft-text"),
    ),
)  # fmt: skip
_GREY_SHADES = gr.themes.Color(
    "grey", *(_token(f"n-{step}") for step in (50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 950))
)

FONT = ("Figtree", "ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "DejaVu Sans Mono", "monospace")


def studio_theme() -> gr.themes.Base:
    """Warm paper, dark ink, one brick-red accent; the fonts are served by us.

    The tokens themselves turn dark, so Gradio's own dark values are never used (`static/theme.js`).
    """
    sizes = gr.themes.sizes
    theme = gr.themes.Base(
        primary_hue=_ACCENT_SHADES,
        secondary_hue=_ACCENT_SHADES,
        neutral_hue=_GREY_SHADES,
        radius_size=sizes.radius_md,
        spacing_size=sizes.spacing_md,
        text_size=sizes.text_md,
        font=FONT,
        font_mono=MONO,
    )
    return theme.set(
        body_background_fill=_token("surface"),
        body_background_fill_dark=_token("surface"),
        body_text_color=_token("text"),
        body_text_color_dark=_token("text"),
        body_text_color_subdued=_token("muted"),
        background_fill_primary=_token("raised"),
        background_fill_secondary=_token("sunken"),
        block_background_fill=_token("raised"),
        block_border_color=_token("line"),
        block_border_width="1px",
        block_shadow="none",
        block_title_text_color=_token("text-soft"),
        block_title_text_size="14px",
        block_title_text_weight="600",
        block_info_text_color=_token("muted"),
        border_color_primary=_token("line"),
        error_background_fill=_token("bad-soft"),
        error_border_color=_token("bad-fill"),
        error_text_color=_token("bad"),
        error_icon_color=_token("bad"),
        input_background_fill=_token("field"),
        input_border_color=_token("edge"),
        input_border_color_focus=_token("accent"),
        input_border_width="1px",
        input_placeholder_color=_token("muted"),
        input_shadow_focus=f"0 0 0 3px {_token('accent-line')}",
        button_primary_background_fill=_token("accent"),
        button_primary_background_fill_hover=_token("accent-strong"),
        button_primary_text_color=_token("on-accent"),
        button_primary_border_color=_token("accent"),
        button_secondary_background_fill=_token("field"),
        button_secondary_background_fill_hover=_token("hover"),
        button_secondary_border_color=_token("edge"),
        button_secondary_text_color=_token("text"),
        button_large_text_weight="600",
        checkbox_background_color=_token("field"),
        checkbox_background_color_selected=_token("accent"),
        checkbox_border_color_selected=_token("accent"),
        checkbox_border_color=_token("edge"),
        checkbox_label_background_fill=_token("field"),
        checkbox_label_background_fill_hover=_token("hover"),
        checkbox_label_background_fill_selected=_token("accent-tint"),
        checkbox_label_border_color=_token("line-strong"),
        checkbox_label_border_color_selected=_token("accent"),
        checkbox_label_text_color=_token("text"),
        checkbox_label_text_color_selected=_token("text"),
        checkbox_label_text_weight="500",
    )
