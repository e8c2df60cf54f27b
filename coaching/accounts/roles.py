"""Who may do what: one table, written into groups by every `migrate`."""

from django.apps import apps as global_apps
from django.contrib.auth.management import create_permissions

STAFF_ROLES = ("owner", "counsellor", "teacher")
ROLES = (*STAFF_ROLES, "student")

# app_label.model: what each role may do there (a word with an underscore is a permission's whole
# name). The owner may do everything that is listed for anyone, and more; what is not listed is
# nobody's.
PERMISSIONS = {
    "owner": {
        "accounts.user": "view add change",
        "accounts.contact": "view change",
        "accounts.consent": "view",
        "centre.profile": "view change",
        "centre.policy": "view add change delete",
        "centre.holiday": "view add change delete",
        "academics.course": "view add change delete",
        "academics.batch": "view add change delete",
        "academics.enrollment": "view add change",
        "academics.waitingplace": "view change",
        "payments.order": "view",
        "payments.payment": "view add change",
        "payments.refund": "view add change",
        "payments.receipt": "view",
        "payments.coupon": "view add change",
        "payments.gatewayevent": "view",
        "leads.lead": "view add change export",
        "messaging.communicationlog": "view release retry",
        "messaging.whatsapptemplate": "view add change",
        "messaging.pause": "view switch_channels",
        "messaging.alert": "view change",
        "messaging.providerdiff": "view",
    },
    "counsellor": {
        "accounts.contact": "view",
        "academics.course": "view",
        "academics.batch": "view",
        "academics.enrollment": "view add",
        "academics.waitingplace": "view",
        "payments.order": "view",
        "payments.payment": "add",
        "leads.lead": "view add change",
        "messaging.communicationlog": "view retry",
    },
    "teacher": {
        "academics.course": "view",
        "academics.batch": "view",
        "academics.enrollment": "view",
    },
    "student": {},
}


def sync_roles(app_config, using, apps=global_apps, **kwargs):
    """Make the four groups hold exactly the permissions of the table (signal: post_migrate)."""
    if app_config.label not in {name.split(".")[0] for name in PERMISSIONS["owner"]}:
        return
    try:
        Group = apps.get_model("auth", "Group")
        Permission = apps.get_model("auth", "Permission")
    except LookupError:
        return
    create_permissions(app_config, verbosity=0, using=using, apps=apps)
    for role in ROLES:
        group, _ = Group.objects.using(using).get_or_create(name=role)
        codenames = [
            verb if "_" in verb else f"{verb}_{model.split('.')[1]}"
            for model, verbs in PERMISSIONS[role].items()
            if model.split(".")[0] == app_config.label
            for verb in verbs.split()
        ]
        mine = Permission.objects.using(using).filter(content_type__app_label=app_config.label)
        group.permissions.remove(*mine.exclude(codename__in=codenames))
        group.permissions.add(*mine.filter(codename__in=codenames))
