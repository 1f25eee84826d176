"""Does the web process answer?"""

import http.client
import ssl


def answers(bind: str, port: int, *, tls: bool, timeout: float = 5.0) -> bool:
    """Whether the first page comes without a server error. ``timeout`` is in seconds."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bind, bind)  # noqa: S104 (a name is looked up)
    connection: http.client.HTTPConnection
    if tls:
        # Our own machine and possibly our own certificate: what counts here is whether somebody answers.
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request("GET", "/", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
