"""Running all processes of one installation: folders, lock, supervisor, and the life of ``caasis up``."""
