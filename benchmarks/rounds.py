"""Side by side: in every round each contestant is asked once, one after the other."""

import time
from statistics import quantiles

from environments import Absent

MOST_ROUNDS = 60
LEAST_ROUNDS = 5
SECONDS = 8


class Spread:
    """The median of some numbers, with their quartiles."""

    def __init__(self, low, median, high):
        self.low = low
        self.median = median
        self.high = high

    @classmethod
    def of(cls, numbers):
        return cls(*quantiles(numbers, n=4))

    def divided_by(self, unit):
        return Spread(self.low / unit, self.median / unit, self.high / unit)


class Contest:
    """The samples of contestants that were asked the same.

    contestants: for each name a function that returns a number, or raises Absent.
    """

    def __init__(self, contestants):
        #: For each that has no samples, the reason.
        self.absent = {}
        self._samples = {name: [] for name in contestants}
        end = time.monotonic() + SECONDS
        for done in range(MOST_ROUNDS):
            if done >= LEAST_ROUNDS and time.monotonic() > end:
                break
            self._round(contestants)

    def _round(self, contestants):
        for name, ask in contestants.items():
            if name in self.absent:
                continue
            try:
                self._samples[name].append(ask())
            except Absent as reason:
                self.absent[name] = str(reason)

    @property
    def names(self):
        return list(self._samples)

    def spread(self, name):
        """Return the spread of the samples, or None if there are none."""
        return None if name in self.absent else Spread.of(self._samples[name])

    def ratio(self, name, to):
        """Return the spread of the ratios within each round, or None if there are none."""
        if name in self.absent or to in self.absent:
            return None
        return Spread.of([a / b for a, b in zip(self._samples[name], self._samples[to])])
