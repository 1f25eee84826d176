"""The engine of our own: a process that speaks SIP and RTP, and `EmbeddedEngine`, the port through which others use it.

Nothing is imported here: the process must not load the client, nor its users SIP and sound.
"""
