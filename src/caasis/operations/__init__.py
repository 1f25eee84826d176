"""How the centre itself works: complaints about its own handling, incidents, their causes and measures."""
