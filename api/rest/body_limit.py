"""No request body is read further than its limit."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from midthought.api.proxy.proxy_kind import is_proxied


class BodyLimit:
    """Refuses bodies longer than their limit, whether they say their length or not.

    Args:
        small: the limit of every body but an upload, in bytes; not above that of uploads.
        upload: the limit of a POST to ``.../trajectories`` and ``.../import``, in bytes.
        has_proxy: requests for a model server have this limit too: a conversation holds images.
    """

    def __init__(self, app: ASGIApp, *, small: int, upload: int, has_proxy: bool = False) -> None:
        self._app = app
        self._small = small
        self._upload = upload
        self._has_proxy = has_proxy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting what is read of its body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_upload = scope["path"].endswith(("/trajectories", "/import"))
        is_large = is_upload or (self._has_proxy and is_proxied(scope["path"]))
        limit = self._upload if is_large else min(self._small, self._upload)
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            # A declared length is refused at once; a chunked body has none and is counted.
            if read > limit or _declared(scope) > limit:
                raise HTTPException(413, f"the body is larger than {limit:,} bytes, the limit of this request")
            return message

        await self._app(scope, counted, send)


def _declared(scope: Scope) -> int:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0
