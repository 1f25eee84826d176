"""E-mail to consumers, through whatever server `mail.toml` of the home names."""

from caasis.channels.mail.opening import is_available, open_mail, portal_address
from caasis.channels.mail.ports import Letter, MailPort

__all__ = ["Letter", "MailPort", "is_available", "open_mail", "portal_address"]
