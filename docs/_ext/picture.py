"""Draws bar charts of what was measured."""

import matplotlib
from matplotlib.figure import Figure

# The same figures make the same file.
matplotlib.rcParams["svg.hashsalt"] = "performance"
matplotlib.rcParams["svg.fonttype"] = "none"


def bars(axes, groups, colours):
    """Draw a group of bars for each policy; a bar is [low, median, high]."""
    names = list(dict.fromkeys(name for found in groups.values() for name in found))
    width = 0.8 / len(names)
    for position, name in enumerate(names):
        for group, found in enumerate(groups.values()):
            if name not in found:
                continue
            low, middle, high = found[name]
            axes.bar(
                group + (position - (len(names) - 1) / 2) * width,
                middle,
                width,
                yerr=[[middle - low], [high - middle]] if low < high else None,
                color=colours.setdefault(name, f"C{len(colours)}"),
                ecolor="0.3",
                label=name if group == 0 else None,
            )
    axes.set_xticks(range(len(groups)), list(groups))
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)
    axes.legend(frameon=False, ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.08))


def draw(enforcing, executed, path):
    """Draw both charts to an SVG file."""
    figure = Figure(figsize=(9, 9), layout="constrained")
    above, below = figure.subplots(2)
    colours = {}
    bars(above, enforcing, colours)
    above.set_yscale("log")
    above.set_ylabel("microseconds")
    above.set_title("From rules to a filter in force (median and quartiles)")
    bars(below, executed, colours)
    below.set_ylabel("instructions")
    below.set_title("Instructions executed until the median conditional call is allowed")
    figure.savefig(path, format="svg", metadata={"Date": None})
