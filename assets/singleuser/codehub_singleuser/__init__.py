"""The guarded single-user server: code-server behind a JupyterHub login, one for each person.

Why it is a server of its own. What a team needs, and which server has it; measured with JupyterHub 5.5, CHP 5,
jupyter-server-proxy 4.6 and code-server 4.139 (tests/integration/singleuser holds all three to this list):

| need                                           | jupyter-         | jupyterhub-singleuser | this   |
|                                                | standaloneproxy  | + ServerProxy.servers | one    |
|------------------------------------------------|------------------|-----------------------|--------|
| the hub's login guards HTTP                    | yes              | yes                   | yes    |
| ... and websockets, over which terminals run   | NO, open to all  | yes                   | yes    |
| a logout or a revoked token counts at once,    | after 5 minutes, | after 5 minutes,      | in 60 s, |
| ... for what is open already too               | never            | never                 | in 60 s |
| other sites' pages cannot use the login        | no               | no (POST)             | yes    |
| code-server gets no cookie or token of the hub | no               | no                    | yes    |
| downloads are streamed (150 MB in 120 MB)      | no, 599          | no, 599               | yes    |
| 25 MB websocket messages, both ways            | no               | no                    | yes    |
| an encoded path arrives as it was sent         | no               | no                    | yes    |
| an idle open tab is told from a used one       | no               | no, traffic counts    | yes    |
| code-server is started again with a back-off   | without one      | without one           | yes    |
| nothing else is behind the login               | yes              | all of Jupyter Server | yes    |
| memory of the running server (PSS)             | 64 MB            | 96 MB                 | 59 MB  |

A subclass of jupyter-server-proxy's handler was tried first (it can be made to pass), but the relay of HTTP
and of websockets both had to be replaced, and what remained did not earn its dependencies (Jupyter Server,
nbconvert, pyzmq) in every image. So the parts are: JupyterHub's own HubOAuth for the login, tornado for the
side of the browser (HubOAuth's callback is a tornado handler), aiohttp as the client of code-server, because
it alone streams with back-pressure over a unix socket.
"""

__version__ = "1.0.0"
