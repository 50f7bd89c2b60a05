"""codehub's own colours; Textual's other themes, its ANSI one among them, stay in the palette."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="codehub-dark",
    primary="#58A6FF",
    secondary="#3B82C4",
    accent="#D2A8FF",
    warning="#E3B341",
    error="#FF7B72",
    success="#56D364",
    foreground="#E6EDF3",
    background="#0D1117",
    surface="#161B22",
    panel="#21262D",
)
LIGHT = Theme(
    name="codehub-light",
    primary="#0550AE",
    secondary="#0969DA",
    accent="#6639BA",
    warning="#7D4E00",
    error="#B3261E",
    success="#116329",
    foreground="#1F2328",
    background="#FFFFFF",
    surface="#F3F5F8",
    panel="#E3E8EE",
    dark=False,
)
CONTRAST = Theme(
    name="codehub-contrast",
    primary="#FFFF00",
    secondary="#00FFFF",
    accent="#00FFFF",
    warning="#FFD700",
    error="#FF9999",
    success="#66FF66",
    foreground="#FFFFFF",
    background="#000000",
    surface="#1C1C1C",
    panel="#303030",
    text_alpha=1.0,
)
THEMES = (DARK, LIGHT, CONTRAST)
