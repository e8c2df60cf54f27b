"""The page that shows the simulated phones and mailbox. Works without JavaScript."""

from coaching.sandbox.page.views import routes

__all__ = ["routes"]
