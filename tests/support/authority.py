"""The one authority of a test's world, competent for everything, and another beside it."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from sandbox.domain.authorities import Authority, Share
from sandbox.domain.records import Organisation
from sandbox.domain.words import OrganisationKind


def only_authority(org="nbkr", *, kinds=(), rank=1, fallback=True):
    names = {"en": org.upper(), "ru": f"{org} (ru)", "ky": f"{org} (ky)"}
    return Authority(org, names, kinds, (), rank, fallback=fallback, source="a test")


def another_authority(u, at, org="market"):
    """A second one, competent for nothing by itself."""
    u.organisations.add(Organisation(org, org.title(), OrganisationKind.AUTHORITY, at))
    u.authorities.add(only_authority(org, rank=2, fallback=False))


@contextmanager
def competent_elsewhere(desk, file_id, org="market"):
    """Meanwhile another authority is competent for a file and only shows it to the first."""
    at = desk.clock.now()
    with desk.parts.store.unit() as u:
        file = u.files.get(file_id)
        another_authority(u, at, org)
        u.shares.add(
            Share("s", file.id, file.authority, org, "x", "ermek", at, at + timedelta(days=1))
        )
        u.files.save(replace(file, authority=org))
        u.commit()
    yield
    with desk.parts.store.unit() as u:
        u.files.save(replace(u.files.get(file_id), authority=file.authority))
        u.commit()
