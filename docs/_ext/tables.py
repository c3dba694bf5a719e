"""Tables as lines of reStructuredText."""


def list_table(headings, rows, widths="auto"):
    """Return the lines of a list-table with these headings."""
    lines = ["", ".. list-table::", "   :header-rows: 1", f"   :widths: {widths}", ""]
    for row in [headings, *rows]:
        for position, cell in enumerate(row):
            lines.append(f"   {'* -' if position == 0 else '  -'} {cell}".rstrip())
    return [*lines, ""]
