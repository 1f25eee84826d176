"""Pure decisions of the room: how an article's text is built, how it is found."""
