"""The record and its life."""
