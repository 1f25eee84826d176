"""The Asterisk adapter against a server that knows Asterisk's REST interface. No real Asterisk is run here."""
