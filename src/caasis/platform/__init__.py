"""Django-aware and free of the domain: base models, crypto, outbox, jobs, streams, search, files."""
