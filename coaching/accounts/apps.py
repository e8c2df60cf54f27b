from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "coaching.accounts"
    verbose_name = "People"

    def ready(self):
        from coaching.accounts.roles import sync_roles

        post_migrate.connect(sync_roles)
