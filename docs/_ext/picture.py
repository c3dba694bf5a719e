"""Draws bar charts of what was measured."""

import svg

BAR = 16
FIGURES = 70  # as wide as the longest figure


def bars(width, title, groups, unit):
    """Return the parts of a chart, and its height.

    Each group has a bar for each name; a bar is [low, median, high].
    """
    names = list(dict.fromkeys(name for found in groups.values() for name in found))
    longest = max(high for found in groups.values() for _, _, high in found.values())
    left = svg.LETTER * max(map(len, names)) + 10
    scale = (width - left - FIGURES) / longest
    parts, y = [svg.text(0, 16, title, "title")], 26
    for group, found in groups.items():
        parts.append(svg.text(0, y + 20, group, "group"))
        y += 28
        for name, (low, middle, high) in found.items():
            whose = "ours" if "extrasafe" in name else "theirs"
            parts.append(svg.text(left - 8, y + 13, name, "words", "end"))
            parts.append(svg.rectangle(left, y + 2, middle * scale, BAR - 2, whose, 2))
            if low < high:
                quartiles = svg.rectangle(
                    left + low * scale, y + BAR / 2, (high - low) * scale, 2, "quartiles"
                )
                parts.append(quartiles)
            figure = f"{middle:,.0f}{unit}"
            parts.append(svg.text(left + high * scale + 6, y + 13, figure, "words"))
            y += BAR + 6
    return parts, y + 8


def draw(enforcing, executed, alternative):
    """Return nodes of both charts."""
    charts = [
        ("From rules to a filter in force", enforcing, " µs"),
        ("Instructions until a call is allowed", executed, ""),
    ]
    return [
        svg.both(lambda width, chart=chart: bars(width, *chart), f"{alternative}: {chart[0]}")
        for chart in charts
    ]
