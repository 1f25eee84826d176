"""The file store: content sniffing, limits, encryption at rest."""
