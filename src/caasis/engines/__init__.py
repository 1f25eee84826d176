"""Pure engines: no Django, no I/O, time is an argument."""
