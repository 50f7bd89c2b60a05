"""What must hold of a single-user server, as checks that raise AssertionError where it does not.

The tests run each against our server, where it must pass, and against the stock standalone proxy, where it must
not: a check that cannot fail proves nothing.
"""

import asyncio
import json
import time

from tests.integration.singleuser.backend import Backend
from tests.integration.singleuser.person import Person, people, raw, websocket_request
from tests.integration.singleuser.rig import Hub

EDITOR = b"vs/code/browser/workbench"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
FRAME = 25_500_000


def base_of(user: str, name: str = "") -> str:
    """The public path of a server's editor; Jupyter Server keeps it in a folder."""
    inside = "code/" if name == "upstream" else ""
    return f"/user/{user}/{name}/{inside}" if name else f"/user/{user}/"


async def owner_gets_in(hub: Hub, user: str, name: str = "") -> None:
    """The editor's page, its files and its websocket, with the login's cookies alone."""
    base = base_of(user, name)
    async with people(hub, user) as (owner,):
        page = await owner.enter(base)
        assert page.status == 200, page.status
        assert EDITOR in page.body
        for method in ("HEAD", "POST"):  # code-server's own answers: to the folder, or that it knows only GET
            answer = await owner.ask(base, method)
            assert answer.status in {302, 404, 405}, (method, answer)
            assert not answer.headers.get("Location", "").startswith("/"), (method, answer)
        same = {"Origin": hub.url}
        for headers in (None, same):
            assert await owner.websocket_status(base, headers=headers) == 101, headers


async def others_stay_out_by_http(hub: Hub, user: str, name: str = "") -> None:
    """Another user is refused, with cookies and with a token of his own; nobody is sent to the login."""
    base = base_of(user, name)
    _, token = await hub.token_for("bob")
    async with people(hub, "bob", "") as (bob, nobody):
        assert (await bob.enter(base)).status == 403
        for method in METHODS:
            refused = await bob.ask(base, method, headers={"Authorization": f"token {token}"})
            assert refused.status == 403, (method, refused.status)
            unknown = await nobody.ask(base, method)
            expected = 302 if method in {"GET", "HEAD"} else 403
            assert unknown.status == expected, (method, unknown.status)
            if expected == 302:
                assert unknown.headers["Location"].startswith("/hub/"), unknown.headers["Location"]


async def others_stay_out_by_websocket(hub: Hub, user: str, name: str = "") -> None:
    """The same for the websocket, over which the terminal runs; with and without an Origin."""
    base = base_of(user, name)
    _, token = await hub.token_for("bob")
    async with people(hub, "bob", "") as (bob, nobody):
        await bob.enter(base)
        for headers in ({}, {"Origin": hub.url}, {"Origin": "https://elsewhere.example"}):
            assert await nobody.websocket_status(base, headers=headers) == 403, headers
            assert await bob.websocket_status(base, headers=headers) == 403, headers
            with_token = {**headers, "Authorization": f"token {token}"}
            assert await bob.websocket_status(base, headers=with_token) == 403, headers
        for wrong in ("0" * 32, f"{token}x", "", '"'):
            status = await nobody.websocket_status(f"{base}?token={wrong}", headers={"Sec-Fetch-Mode": "websocket"})
            assert status == 403, wrong


async def foreign_pages_are_refused(hub: Hub, user: str, name: str = "") -> None:
    """A page of another site cannot use the owner's cookies: not by a websocket, not by a form or a fetch."""
    base = base_of(user, name)
    async with people(hub, user) as (owner,):
        assert (await owner.enter(base)).status == 200
        for origin in ("https://elsewhere.example", "null", hub.url + "0", "http://127.0.0.1.elsewhere.example"):
            assert await owner.websocket_status(base, headers={"Origin": origin}) == 403, origin
            assert (await owner.ask(base, "POST", headers={"Origin": origin})).status == 403, origin
        fetched = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
        assert (await owner.ask(base, headers=fetched)).status == 403


def tricks(base: str, port: int) -> list[bytes]:
    """Requests that try to get at the editor past the login."""
    name = base.rstrip("/")
    paths = [
        base, name, f"{base}/", f"//{base}", f"{base}./", f"{base}%2e/", f"{base}%2e%2e/{base}", f"{base}..{base}",
        f"{base}x/%2e%2e/", f"/hub/..{base}", f"/hub/%2e%2e{base}", base.replace("/user", "/%75ser"),
        base.replace("alice", "%61lice"), base.replace("alice/", "alice%2f"), base.replace("alice/", "alice%252f"),
        base.replace("/user/", "/user//"), f"{base}healthz/", f"{base}healthz/..", f"{base}healthz%2f..%2f",
        f"{base}oauth_callback/../", f"{base}oauth_callback/", f"{base};/healthz", f"{base}?/healthz", f"{base}#",
        f"http://127.0.0.1:{port}{base}", f"http://127.0.0.1:{port}{base}healthz/../", f"{base}stable-0/static/",
        f"{base}proxy/22/", f"{base}absproxy/22/", f"{base}\\..\\", f"{base}%00", base.upper(),
    ]  # fmt: skip
    found = [f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode() for path in paths]
    found += [websocket_request(path, port) for path in paths]
    host = f"Host: 127.0.0.1:{port}\r\n"
    for upgrade in (
        "WebSocket",
        "WEBSOCKET",
        "websocket, foo",
        "foo, websocket",
        "websocket\r\nUpgrade: foo",
        " websocket",
    ):
        found.append(websocket_request(base, port, upgrade=upgrade))
    found += [
        websocket_request(base, port, "Cookie: jupyterhub-user-alice=x; jupyterhub-session-id=y"),
        websocket_request(base, port, "Authorization: token "),
        websocket_request(base, port, "Authorization: Basic YWxpY2U6eA=="),
        websocket_request(base, port, "X-Forwarded-User: alice", "Remote-User: alice", "X-JupyterHub-User: alice"),
        websocket_request(base, port, "Sec-Fetch-Mode: websocket", "Sec-Fetch-Site: same-origin"),
        websocket_request(base, port).replace(b"HTTP/1.1", b"HTTP/1.0"),
        websocket_request(base, port).replace(b"GET ", b"POST ", 1),
        websocket_request(base, port).replace(b"GET ", b"CONNECT ", 1),
        websocket_request(base, port, "Transfer-Encoding: chunked").rstrip() + b"\r\n\r\n0\r\n\r\n",
        f"GET {base} HTTP/1.0\r\n\r\n".encode(),
        f"GET {base} HTTP/1.1\r\n{host}X-Long: {'x' * 70000}\r\nConnection: close\r\n\r\n".encode(),
        f"CONNECT 127.0.0.1:22 HTTP/1.1\r\n{host}\r\n".encode(),
        f"TRACE {base} HTTP/1.1\r\n{host}\r\n".encode(),
        # one request hidden in the body of another
        f"POST {base} HTTP/1.1\r\n{host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode()
        + websocket_request(base, port),
    ]  # fmt: skip
    return found


async def tricks_do_not_help(hub: Hub, user: str, name: str = "") -> None:
    """None of the tricks gets a stranger a websocket or a page of the editor, at the proxy or past it."""
    base = base_of(user, name)
    for port in (hub.port, hub.direct_port(user, name)):
        requests = tricks(base, port)
        answers = await asyncio.gather(*(raw(port, request, seconds=10) for request in requests))
        for request, (status, head) in zip(requests, answers, strict=True):
            assert status != 101, (port, request[:200])
            assert b" 101 " not in head, (port, request[:200], head[:300])
            assert EDITOR not in head, (port, request[:200], head[:300])
            assert status != 200 or b'"status"' in head or b"JupyterHub" in head, (port, request[:200], head[:300])


async def credentials_stay_here(hub: Hub, backend: Backend, user: str, name: str = "") -> None:
    """Neither the hub's cookies nor tokens reach what runs behind; the app's own cookies do."""
    base = base_of(user, name)
    _, token = await hub.token_for(user)
    there = f"{base}proxy/{backend.port}/"
    async with people(hub, user) as (owner,):
        assert (await owner.enter(base)).status == 200
        mine = f'{owner.cookies(base)}; mine="a b"; theme=dark'
        assert "jupyterhub-user-" in mine
        assert "jupyterhub-session-id" in mine
        socket = {"Cookie": mine, "Sec-Fetch-Mode": "websocket"}
        assert (await owner.ask(f"{there}page", headers={"Cookie": mine})).body == b"reached"
        assert await owner.websocket_status(f"{there}echo", headers={"Cookie": mine}) == 101
        assert (await owner.ask(f"{there}page", headers={"Authorization": f"token {token}"})).body == b"reached"
        assert await owner.websocket_status(f"{there}echo?token={token}&keep=1", headers=socket) == 101
    seen = backend.everything()
    assert len(backend.seen) == 4, seen
    assert "theme=dark" in seen
    assert 'mine="a b"' in seen
    assert "keep=1" in seen
    assert token not in seen
    assert "jupyterhub-" not in seen, seen
    assert "_xsrf" not in seen


async def paths_arrive_as_sent(hub: Hub, backend: Backend, user: str, name: str = "") -> None:
    """What the browser encoded stays encoded, and what it did not stays as it is."""
    base = base_of(user, name)
    path = "a%2Fb/%20c/d;e=%3B/%C3%A9+%2B"  # CHP and code-server both fold a doubled slash
    async with people(hub, user) as (owner,):
        assert (await owner.enter(base)).status == 200
        answer = await owner.ask(f"{base}proxy/{backend.port}/{path}?q=%2F&q=a+b&e")
        assert answer.body == b"reached", answer
    assert backend.targets == [f"/{path}?q=%2F&q=a+b&e"]


async def large_frames_pass(hub: Hub, backend: Backend, user: str, name: str = "") -> None:
    """25 MB in one message, there and back."""
    base = base_of(user, name)
    async with people(hub, user) as (owner,):
        assert (await owner.enter(base)).status == 200
        socket = await owner.websocket(f"{base}proxy/{backend.port}/echo")
        assert not isinstance(socket, int)
        try:
            await socket.send_bytes(b"f" * FRAME)
            returned = await socket.receive(30)
        except ConnectionError as broken:
            raise AssertionError("the connection broke") from broken
        assert isinstance(returned.data, bytes), returned
        assert len(returned.data) == FRAME
        await socket.close()


async def revoked_token_ends_everything(hub: Hub, backend: Backend, user: str, name: str = "") -> None:
    """A token that the hub has revoked opens nothing, and what it had opened is closed."""
    base = base_of(user, name)
    identity, token = await hub.token_for(user)
    headers = {"Authorization": f"token {token}"}
    async with people(hub, "") as (owner,):
        assert (await owner.ask(base, headers=headers)).status in {200, 302}
        socket = await owner.websocket(f"{base}proxy/{backend.port}/echo", headers=headers)
        assert not isinstance(socket, int)
        await hub.api("DELETE", f"/users/{user}/tokens/{identity}")
        end = time.monotonic() + 60
        while (status := await owner.websocket_status(base, headers=headers)) != 403:
            assert time.monotonic() < end, f"still {status}"
            await asyncio.sleep(0.5)
        closed = await socket.receive(60)
        assert closed.data == 1008, closed
        refused = await owner.ask(base, headers=headers)
        assert (refused.status, b"/hub/" in refused.headers.get("Location", "").encode()) == (302, True)


async def logged_out_means_out(hub: Hub, user: str, name: str = "") -> None:
    """The cookies of a login that was ended at the hub open nothing any more."""
    base = base_of(user, name)
    async with people(hub, user) as (owner,):
        assert (await owner.enter(base)).status == 200
        mine = owner.cookies(base)
        await owner.ask("/hub/logout", follow=True)
        async with people(hub, "") as (thief,):
            end = time.monotonic() + 60
            while (status := await thief.websocket_status(base, headers={"Cookie": mine})) != 403:
                assert time.monotonic() < end, f"still {status}"
                await asyncio.sleep(0.5)
            assert (await thief.ask(base, headers={"Cookie": mine})).status == 302


async def health(person: Person, base: str) -> dict[str, object]:
    """What /healthz says."""
    content: dict[str, object] = json.loads((await person.ask(f"{base}healthz")).body)
    return content
