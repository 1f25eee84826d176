"""The checks behind ``caasis doctor``. A new check is a function with ``@check("name")`` in a module that ``registry.MODULES`` names."""

from caasis.config.doctor.registry import OK, PROBLEM, WARN, Finding, Situation, check, run_checks

__all__ = ["OK", "PROBLEM", "WARN", "Finding", "Situation", "check", "run_checks"]
