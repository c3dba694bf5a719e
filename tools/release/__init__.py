"""Makes, checks and tries what is released, for ./dev wheel."""
