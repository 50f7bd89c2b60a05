"""The guarded single-user server: code-server behind a JupyterHub login, one for each person.

Why it is a server of its own. Measured with JupyterHub 5.5 and code-server 4.139 against what a team needs
(tests/integration/singleuser holds both stock servers to the same list):

| need                                        | jupyter-standaloneproxy | jupyterhub-singleuser + ServerProxy | this |
|---------------------------------------------|-------------------------|-------------------------------------|------|
| the hub's login guards HTTP                 | yes                     | yes                                 | yes  |
| ... and websockets, where the terminal is   | NO: open to everyone    | yes                                 | yes  |
| an open websocket ends with its token       | no                      | no                                  | yes  |
| code-server gets no hub cookie or token     | no                      | no                                  | yes  |
| downloads are streamed (150 MB in 120 MB)   | no: 599 over 100 MiB    | no: 599 over 100 MiB                | yes  |
| 25 MB frames in both directions             | 10 MiB from code-server | 10 MiB from code-server             | yes  |
| encoded paths arrive as they were sent      | no: decoded, re-encoded | no: decoded, re-encoded             | yes  |
| an idle open tab is told from a used one    | no                      | no: traffic counts                  | yes  |
| code-server restarted with a back-off       | without one             | without one                         | yes  |
| nothing else behind the same login          | yes                     | no: all of Jupyter Server           | yes  |
| memory once imported (PSS)                  | 73 MB                   | 102 MB                              | 68 MB |
| seconds to import                           | 0.7                     | 3.1                                 | 0.6   |

A subclass of jupyter-server-proxy's handler was tried first (it can be made to pass), but the relay of HTTP
and of websockets both had to be replaced, and what remained did not earn its dependencies (Jupyter Server,
nbconvert, pyzmq) in every image. So the parts are: JupyterHub's own HubOAuth for the login, tornado for the
side of the browser (HubOAuth's callback is a tornado handler), aiohttp as the client of code-server, because
it alone streams with back-pressure over a unix socket.
"""

__version__ = "1.0.0"
