"""SMS: a short text to a mobile number, through whatever provider `sms.toml` of the home names."""

from caasis.channels.sms.opening import is_available, open_sms, portal_address
from caasis.channels.sms.ports import SmsPort

__all__ = ["SmsPort", "is_available", "open_sms", "portal_address"]
