"""Pure decisions of the telephone: what a call's log says, and the figures that follow from it."""
