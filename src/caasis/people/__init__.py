"""Consumers, contact points, consent."""
