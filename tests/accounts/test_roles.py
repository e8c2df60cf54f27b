"""A user has exactly one role, and the table of roles is the only source of permissions."""

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command

from coaching.accounts.models import User
from coaching.accounts.roles import PERMISSIONS, ROLES


@pytest.mark.parametrize("role", ROLES)
def test_a_group_holds_exactly_what_the_table_says(db, role):
    held = {
        f"{app}.{codename}"
        for app, codename in Group.objects.get(name=role).permissions.values_list(
            "content_type__app_label", "codename"
        )
    }

    assert held == {
        f"{model.split('.')[0]}.{verb if '_' in verb else verb + '_' + model.split('.')[1]}"
        for model, verbs in PERMISSIONS[role].items()
        for verb in verbs.split()
    }


def test_migrating_again_takes_away_what_was_added_by_hand(db):
    from django.contrib.auth.models import Permission

    teacher = Group.objects.get(name="teacher")
    teacher.permissions.add(Permission.objects.get(codename="view_lead"))

    call_command("migrate", verbosity=0)

    assert not teacher.permissions.filter(codename="view_lead").exists()


def test_a_new_role_replaces_the_old_one(db):
    user = User.objects.create_user("a@example.com", name="A")

    user.set_role("owner")
    user.set_role("student")

    assert [group.name for group in user.groups.all()] == ["student"]
    assert (user.role, user.is_staff) == ("student", False)


def test_a_counsellor_neither_exports_nor_releases(db):
    user = User.objects.create_user("c@example.com", name="C")
    user.set_role("counsellor")

    assert user.has_perm("leads.change_lead")
    assert not user.has_perm("leads.export_lead")
    assert not user.has_perm("messaging.release_communicationlog")
    assert not user.has_perm("centre.view_profile")
