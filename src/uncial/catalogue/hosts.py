"""Where the catalogues are, and by what they know the user: the only settings of this package.

Each address can be another one by an environment variable, for a mirror or a test server; tokens
are never options, so that none ends in a history of commands or in a run's settings.
"""

from __future__ import annotations

import os
from typing import Final, Literal

from uncial.errors import ConfigError

Service = Literal["zenodo", "huggingface", "github", "github-raw"]

_HOSTS: Final[dict[Service, tuple[str, str]]] = {
    "zenodo": ("UNCIAL_ZENODO", "https://zenodo.org"),
    "huggingface": ("UNCIAL_HUGGINGFACE", "https://huggingface.co"),
    "github": ("UNCIAL_GITHUB", "https://api.github.com"),
    "github-raw": ("UNCIAL_GITHUB_RAW", "https://raw.githubusercontent.com"),
}
_TOKENS: Final[dict[Service, str]] = {"zenodo": "ZENODO_TOKEN", "huggingface": "HF_TOKEN"}


def host(service: Service) -> str:
    """Address of a service, without a slash at its end."""
    variable, usual = _HOSTS[service]
    return (os.environ.get(variable) or usual).rstrip("/")


def token(service: Service) -> str:
    """The user's token for a service.

    Raises:
        ConfigError: The environment has none.
    """
    variable = _TOKENS[service]
    found = os.environ.get(variable, "").strip()
    if not found:
        raise ConfigError(
            f"no token for {host(service)}",
            remedy=f"make one in your account there and put it into {variable}",
        )
    return found
