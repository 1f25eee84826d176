"""The web process: uvicorn with the ASGI application, one worker."""

import os
import threading

# Event streams never end by themselves; browsers reconnect and catch up by position.
SECONDS_FOR_OPEN_REQUESTS = 5


def run(stop: threading.Event) -> None:
    """Serve until SIGTERM or SIGINT (uvicorn watches for them itself and then sets ``stop`` by raising them again)."""
    import uvicorn
    from django.conf import settings
    from django.core.management import call_command

    # Compressed copies below CAASIS_HOME/static; what is there already and unchanged is left alone.
    call_command("collectstatic", interactive=False, verbosity=0)
    uvicorn.run(
        ":".join(settings.ASGI_APPLICATION.rsplit(".", 1)),
        host=os.environ.get("CAASIS_BIND") or "127.0.0.1",
        port=int(os.environ["CAASIS_PORT"]),
        ssl_certfile=os.environ.get("CAASIS_TLS_CERT") or None,
        ssl_keyfile=os.environ.get("CAASIS_TLS_KEY") or None,
        # Logging is configured by the settings. The access log would hold addresses and receipt numbers.
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=SECONDS_FOR_OPEN_REQUESTS,
    )
