"""Pure decisions of the room: what the form takes, what of it is personal, which deadlines may run."""
