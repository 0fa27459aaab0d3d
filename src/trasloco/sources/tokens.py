"""The source of tokens for given settings. The provider's library is loaded here, and only when it is wanted."""

from __future__ import annotations

from trasloco.engine.token_source import TokenSource
from trasloco.secret import Secret
from trasloco.sources import oauth_settings
from trasloco.sources.oauth_settings import OauthSettings


def token_source(settings: OauthSettings) -> TokenSource:
    """Asks nobody yet; what is wrong shows at the first token."""
    if settings.kind in (oauth_settings.MICROSOFT_APP, oauth_settings.MICROSOFT_DEVICE):
        from trasloco.sources import microsoft_tokens

        app_only = settings.kind == oauth_settings.MICROSOFT_APP
        return microsoft_tokens.MicrosoftApp(settings) if app_only else microsoft_tokens.MicrosoftDevice(settings)
    from trasloco.sources import google_tokens

    delegated = settings.kind == oauth_settings.GOOGLE_SERVICE_ACCOUNT
    return google_tokens.GoogleServiceAccount(settings) if delegated else google_tokens.GoogleConsent(settings)


class TokenSources:
    """One source for each set of credentials in a process, so that its tokens are kept and shared."""

    def __init__(self) -> None:
        self._known: dict[Secret, TokenSource] = {}

    def of(self, settings: Secret) -> TokenSource:
        """settings: of ``OauthSettings.as_secret``."""
        found = self._known.get(settings)
        if found is None:
            found = self._known[settings] = token_source(OauthSettings.of_secret(settings))
        return found
