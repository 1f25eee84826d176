"""What every adapter of the telephone promises, as tests."""
