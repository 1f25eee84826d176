"""Users, roles, sessions, break-glass."""
