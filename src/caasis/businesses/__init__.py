"""Counterparties and their aliases."""
