"""The outbox: events leave in the saving transaction, one relay gives committed rows their position."""
