"""Facts and evaluation of metrics."""
