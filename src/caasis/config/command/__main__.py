"""``python -m caasis.config.command``: the same as ``caasis``."""

from caasis.config.command import main

main(prog_name="caasis")
