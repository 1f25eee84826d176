"""Who saw and did what, sealed."""
