"""The public pages as a visitor reads them."""

import re

import pytest


@pytest.fixture(autouse=True)
def plain_static_files(settings):
    """No manifest is needed to read what a page says."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def read(client):
    """Read a page as a person does: its words, without tags."""

    def words(path, status=200):
        response = client.get(path)
        assert response.status_code == status
        return words_of(response)

    return words


def words_of(response):
    body = response.content.decode().split("<body", 1)[1]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())
