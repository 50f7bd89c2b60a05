"""What a person reads when the login provider refuses the hub (hub.extraConfig of the chart, jupyterhub_config.py).

oauthenticator lets the provider's refusal pass as "500 : Internal Server Error". The person cannot mend it, but can
tell whoever can: the page says what is wrong in words, and the reason itself is in the hub's log only.
"""

import json
from typing import Any

from oauthenticator.oauth2 import OAuthenticator
from tornado.httpclient import HTTPClientError
from tornado.web import HTTPError

REFUSED = (
    "The login provider did not accept this hub. Please tell your administrator: "
    "its client id or client secret was refused. The hub's log has the reason."
)
EXPIRED = "This login took too long, or was used already. Please log in again."
FAILED = (
    "The hub could not learn from the login provider who you are. Please tell your administrator: "
    "the hub's log has the reason."
)


def provider_said(error: Exception, token_url: str) -> str:
    """The provider's own words for what is wrong (RFC 6749, section 5.2), in lower case; empty where it said none."""
    if isinstance(error, HTTPError):  # a refusal with status 200, such as GitHub's, in oauthenticator's words
        return str(error.log_message or "").lower()
    if not isinstance(error, HTTPClientError) or not error.response:
        return ""
    if error.code == 401 and error.response.request.url == token_url:
        return "invalid_client"  # whatever the body says: nobody but the hub has given a name there
    try:
        body = json.loads(error.response.body)
    except ValueError:
        return ""
    return f"{body.get('error')} {body.get('error_description')}".lower() if isinstance(body, dict) else ""


def explained(error: Exception, token_url: str) -> HTTPError:
    """The same for the person who logs in."""
    said = provider_said(error, token_url)
    if any(word in said for word in ("invalid_client", "unauthorized_client", "client_id", "client_secret")):
        return HTTPError(500, REFUSED)
    if "invalid_grant" in said or "code passed is incorrect or expired" in said:
        return HTTPError(400, EXPIRED)
    return HTTPError(500, FAILED)


ask_provider = OAuthenticator.authenticate


async def authenticate(self: Any, handler: Any, data: Any = None, **more: Any) -> Any:  # noqa: ANN401 - oauthenticator's
    """As oauthenticator's, with words for what it leaves bare."""
    try:
        return await ask_provider(self, handler, data, **more)
    except HTTPError as error:
        if error.status_code < 500 and "access token was not returned" not in str(error.log_message):
            raise  # it is told in words already
        self.log.error("The login provider refused the hub: %s", error)
        raise explained(error, self.token_url) from error
    except HTTPClientError as error:
        self.log.error("The login provider did not answer as it should: %s", error)
        raise explained(error, self.token_url) from error
    except Exception as error:
        self.log.exception("The login provider could not be asked")
        raise explained(error, self.token_url) from error


OAuthenticator.authenticate = authenticate
