"""Settings of the test tools that do not fit into pyproject.toml."""

from hypothesis import HealthCheck, settings

# No test fails because a machine is slow.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("here")
