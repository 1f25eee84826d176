"""Browser streams: server-sent events beside Django, caught up by position."""
