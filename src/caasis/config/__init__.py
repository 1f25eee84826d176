"""Settings, URLs, processes and the command: wires the rooms, imported by none."""
