"""Asterisk as the telephone engine (ARI), for centres that have one or need one."""

from caasis.telephony.adapters.asterisk.engine import AsteriskEngine
from caasis.telephony.adapters.asterisk.setup import AsteriskSetup

__all__ = ["AsteriskEngine", "AsteriskSetup"]
