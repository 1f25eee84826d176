"""Pure decisions about a card: what may be typed, what is still missing, what looks wrong."""
