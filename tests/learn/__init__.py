"""Programs that are watched, and the permissions that follow."""
