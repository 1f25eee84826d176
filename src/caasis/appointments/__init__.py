"""What was promised for later: calls back, at their turn or at an agreed time."""
