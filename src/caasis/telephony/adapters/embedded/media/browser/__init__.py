"""A browser's leg (WebRTC): ICE-lite, DTLS-SRTP and PCMU on one port, which every browser must be able to (RFC 7874)."""
