"""The product's pages, with the fault points installed and, on demand, a guard switched off."""

import django

from tests.chaos import faultpoints, guards

django.setup()
guards.switch_off(guards.IN_WEB)
faultpoints.install_in_web()

from coaching.wsgi import application  # noqa: E402, F401  (the points must be there first)
