"""Browsers and networks in words that their owner knows them by."""

import ipaddress

from ui.i18n import _

# The first that is found in what a browser says of itself: most say that they are others, too.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def browser_words(agent: str) -> str:
    """ "Firefox on Windows", of a User-Agent header."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or _("A browser that does not say which")


def network_words(address: str) -> str:
    """From which kind of network: this machine, the house's own, or the internet with the address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return _("from an unknown network")
    if found.is_loopback:
        return _("on the studio's own machine")
    if found.is_private or found.is_link_local:
        return _("from the local network (%(address)s)", address=address)
    return _("from the internet (%(address)s)", address=address)
