"""Calls: numbers, IVR flows, the switchboard's rules, and the port to the engine that carries sound."""
