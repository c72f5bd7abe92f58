"""Contrast of colours as WCAG 2.1 reckons it (1.4.3), and the nearest colour that has enough of it."""

from __future__ import annotations

# The grounds of the report, light and dark, as in roadmap.css.
LIGHT_GROUND, DARK_GROUND = "#ffffff", "#14191b"
TEXT, MARK = 4.5, 3.0
STEPS = 100


def ratio(one: str, other: str) -> float:
    """Contrast between two colours, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def readable_on(colour: str, ground: str) -> bool:
    """Whether text of the colour can be read on the ground."""
    return ratio(colour, ground) >= TEXT


def nearest(colour: str, ground: str) -> str:
    """The colour mixed with as little black (on a light ground) or white (on a dark one) as makes it readable."""
    end = "#000000" if _luminance(ground) > 0.5 else "#ffffff"
    ways = (_between(colour, end, step / STEPS) for step in range(STEPS + 1))
    return next(way for way in ways if readable_on(way, ground))


def mixed(colour: str, ground: str) -> str:
    """The colour with as much of the ground as leaves it a mark that can be seen (1.4.11)."""
    ways = (_between(colour, ground, step / STEPS) for step in range(STEPS // 3, -1, -1))
    return next(way for way in ways if ratio(way, ground) >= MARK)


def _between(one: str, other: str, share: float) -> str:
    parts = (round(a + (b - a) * share) for a, b in zip(_parts(one), _parts(other), strict=True))
    return "#" + "".join(f"{part:02x}" for part in parts)


def _parts(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))


def _luminance(colour: str) -> float:
    linear = [
        part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4
        for part in _parts(colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
