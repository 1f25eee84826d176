"""The digital-twin town: a seeded simulator of consumers, businesses and troubles that never existed."""
