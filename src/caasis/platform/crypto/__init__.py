"""Ciphers and the key ring: AES-256-GCM, keys derived per centre, everything versioned."""
