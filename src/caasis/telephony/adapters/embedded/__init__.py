"""The engine of our own. So far its sound (`media`); SIP, the process and its client are not in it yet."""
