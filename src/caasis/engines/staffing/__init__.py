"""How many agents: waiting and giving up at a number of agents (Erlang B, C and A), and the least number for a target."""

from caasis.engines.staffing.demand import Demand, Performance
from caasis.engines.staffing.erlang import erlang_b, erlang_c, waiting_probability
from caasis.engines.staffing.impatience import erlang_a
from caasis.engines.staffing.needed import Target, agents_needed, lines_needed, performance

__all__ = [
    "Demand",
    "Performance",
    "Target",
    "agents_needed",
    "erlang_a",
    "erlang_b",
    "erlang_c",
    "lines_needed",
    "performance",
    "waiting_probability",
]
