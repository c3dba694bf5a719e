"""Threads that are started all the time, each of which attempts something, while a policy comes."""

import threading


class Newcomers:
    """Four threads start others until a hundred of these were refused, or one slipped through."""

    def __init__(self, attempt):
        self._attempt = attempt
        self._is_applied = False
        #: Whether the policy was in force when a thread began, and whether it was refused.
        self._answers = []
        self._starters = [threading.Thread(target=self._start) for _ in range(4)]
        for starter in self._starters:
            starter.start()
        while len(self._answers) < 100:
            pass

    def _work(self):
        was_applied = self._is_applied
        try:
            self._attempt()
        except PermissionError:
            self._answers.append((was_applied, True))
        else:
            self._answers.append((was_applied, False))

    def _start(self):
        while self._answers.count((True, True)) < 100 and not self.came_through:
            thread = threading.Thread(target=self._work)
            thread.start()
            thread.join()

    def end(self):
        """Tell them that the policy is in force, and wait for them."""
        self._is_applied = True
        for starter in self._starters:
            starter.join()

    @property
    def came_before(self):
        """Whether one attempted it before the policy was in force, and could."""
        return (False, False) in self._answers

    @property
    def came_through(self):
        """Whether one began when the policy was in force, and could nevertheless."""
        return (True, False) in self._answers
