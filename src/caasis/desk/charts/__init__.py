"""The charts of the dashboard: from counted figures to SVG, a sentence, and a table. No database, no request."""
