"""Who may ask, and what browsers may do with the answers."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("localhost", "127.0.0.1", "::1")
SAFE = {
    # the page loads its own files and asks its own server, and nothing else whatever is in it
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; media-src 'self' blob:; worker-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "microphone=(self), camera=(), geolocation=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
}


class Guard:
    """Refuses requests under foreign names and from foreign pages.

    A page elsewhere may let its own name resolve to 127.0.0.1 (DNS rebinding): then the browser
    sends that name as Host. Or it may send a form here, whose answer it can't read but which
    costs time: then the browser sends Sec-Fetch-Site, or Origin alone.
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...]) -> None:
        """Guard an application.

        Args:
            app: it.
            hosts: the names under which it may be asked for; none for any.
        """
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SAFE.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refuse(Headers(scope=scope), scope["method"])
        await (refusal or self._app)(scope, receive, send_safely)

    def _refuse(self, headers: Headers, method: str) -> JSONResponse | None:
        if self._hosts and _name(headers.get("host", "")) not in self._hosts:
            names = ", ".join(self._hosts)
            problem = f"This server answers to the names {names} only, and was asked under another."
            return JSONResponse({"error": problem}, 400)
        if method != "GET" and _is_from_elsewhere(headers):
            problem = "A page of another site sent this, which is not allowed."
            return JSONResponse({"error": problem}, 403)
        return None


def _is_from_elsewhere(headers: Headers) -> bool:
    """Tell whether a page of another site sends this.

    Browsers say so in Sec-Fetch-Site, but not to plain http beyond this machine; Origin tells then.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is None and origin is not None:
        return urlsplit(origin).netloc != headers.get("host")
    return site in ("cross-site", "same-site")


def _name(host: str) -> str | None:
    """Return the name in a Host header, without the port."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
