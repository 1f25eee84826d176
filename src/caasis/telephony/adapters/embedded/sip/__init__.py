"""The signalling of our own engine: SIP by UDP.

`ports.py` is the seam: what the engine needs of SIP. `sippy_ua.py` is behind it; the rest is pure and knows no socket.
"""
