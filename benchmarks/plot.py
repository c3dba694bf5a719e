"""Draws the figures of a JSON text on standard input to the SVG file of the first argument.

Runs in an environment of its own, which has matplotlib.
"""

import json
import sys

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot

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


def draw(figures, path):
    figure, (above, below) = pyplot.subplots(2, figsize=(9, 9), layout="constrained")
    colours = {}
    bars(above, figures["enforcing"], colours)
    above.set_yscale("log")
    above.set_ylabel("microseconds")
    above.set_title("From rules to a filter in force (median and quartiles)")
    bars(below, figures["executed"], colours)
    below.set_ylabel("instructions")
    below.set_title("Instructions executed until the median conditional call is allowed")
    figure.savefig(path, metadata={"Date": None})


draw(json.load(sys.stdin), sys.argv[1])
