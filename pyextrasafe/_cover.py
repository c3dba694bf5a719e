"""The cheapest choice of some that together do all of what is wanted: an exact search."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from collections.abc import Set as AbstractSet
    from typing import Any, TypeVar

    Choice = TypeVar("Choice", bound=Hashable)

#: Beyond so many steps the best that was found counts.
_STEPS = 200_000


def cheapest(
    wanted: "Mapping[int, AbstractSet[Choice]]",
    cost: "Callable[[Choice], int]",
    conflict: "Callable[[Choice, Choice], bool]",
) -> "set[Choice] | None":
    """Return the cheapest choices of which none conflict, one at least for each that is wanted.

    Args:
        wanted: What can be chosen for each.
        cost: What a choice costs.
        conflict: Whether two choices exclude each other.

    Returns:
        The choices; None if there are none.
    """
    search = _Search(cost, conflict)
    search.go(list(wanted.values()), frozenset(), 0)
    return None if search.best is None else set(search.best)


class _Search:
    def __init__(
        self, cost: "Callable[[Any], int]", conflict: "Callable[[Any, Any], bool]"
    ) -> None:
        self._cost = cost
        self._conflict = conflict
        self._steps = 0
        self.best: frozenset[Any] | None = None
        self._best_cost = 0

    def go(self, wanted: "list[AbstractSet[Any]]", chosen: "frozenset[Any]", spent: int) -> None:
        """Look for something cheaper than the best; wanted is what chosen does not do yet."""
        self._steps += 1
        if self.best is not None and (spent >= self._best_cost or self._steps > _STEPS):
            return
        if not wanted:
            self.best, self._best_cost = chosen, spent
            return
        # What must be chosen comes first: the fewest alternatives.
        open_to = [self._possible(choices, chosen) for choices in wanted]
        fewest = min(open_to, key=len)
        for choice in fewest:
            left = [choices for choices in wanted if choice not in choices]
            self.go(left, chosen | {choice}, spent + self._cost(choice))

    def _possible(self, choices: "AbstractSet[Any]", chosen: "frozenset[Any]") -> "list[Any]":
        possible = [
            choice for choice in choices if not any(self._conflict(choice, one) for one in chosen)
        ]
        return sorted(possible, key=lambda choice: (self._cost(choice), str(choice)))
