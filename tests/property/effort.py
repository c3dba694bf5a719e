"""How long the property tests look: a moment, or with PYEXTRASAFE_THOROUGH=1 much longer.

A failure ends with the line that repeats it, ``@reproduce_failure(...)``, to be put above the test.
"""

import os

from hypothesis import HealthCheck, settings

TIMES = 50 if os.environ.get("PYEXTRASAFE_THOROUGH") == "1" else 1


def examples(count):
    """Settings of a test that looks at so many examples in a moment."""
    return settings(
        max_examples=count * TIMES,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
