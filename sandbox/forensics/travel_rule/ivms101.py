"""IVMS 101.2023: who sends, who receives, and through whom, as pydantic models.

Source: interVASP Messaging Standards, IVMS 101.2023, Issue 1 FINAL (intervasp.org): names of the
elements, lengths, codes, and the constraints C1 to C12. Of C10 (the registration authority is on
GLEIF's list) the form ``RA000000`` alone is checked: that list is not here. C2 (born in the past)
is checked by ``messages`` against the moment at which a message was sent, so that a message read
again next year is judged in the same way.

Where the standard is of two minds its data model decides, not its examples: ``postcode`` and
``naturalPersonNameIdentifierType``; ``accountNumber`` belongs to the person. What the standard does
not know is refused.

>>> said = {"naturalPerson": {"name": {"nameIdentifier": [{"primaryIdentifier": "Asanov",
...     "secondaryIdentifier": "Bakyt", "naturalPersonNameIdentifierType": "LEGL"}]}}}
>>> Person.model_validate(said).names
('Asanov Bakyt',)
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from sandbox.domain.countries import COUNTRIES

BROKEN: Final = "ivms101_constraint"
"""The kind of error that names a constraint of the standard."""
_LATIN: Final = r"^[ -~]+$"
_LEI: Final = re.compile(r"[0-9A-Z]{18}[0-9]{2}")
_UNKNOWN: Final = "XX"
_OF_LEGAL_PERSONS: Final = frozenset({"RAID", "MISC", "LEIX", "TXID"})

Text16 = Annotated[str, StringConstraints(min_length=1, max_length=16, pattern=_LATIN)]
Text35 = Annotated[str, StringConstraints(min_length=1, max_length=35, pattern=_LATIN)]
Text50 = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=_LATIN)]
Text70 = Annotated[str, StringConstraints(min_length=1, max_length=70, pattern=_LATIN)]
Text100 = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_LATIN)]
Text512 = Annotated[str, StringConstraints(min_length=1, max_length=512, pattern=_LATIN)]
Local100 = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^.+$")]
Authority = Annotated[str, StringConstraints(pattern=r"^RA[0-9]{6}$")]
NaturalNameType = Literal["ALIA", "BIRT", "MAID", "LEGL", "MISC"]
LegalNameType = Literal["LEGL", "SHRT", "TRAD"]
AddressType = Literal["HOME", "BIZZ", "GEOG"]
IdentifierType = Literal[
    "ARNU", "CCPT", "RAID", "DRLC", "FIIN", "TXID", "SOCS", "IDCD", "LEIX", "MISC"
]


def broken(constraint: str) -> PydanticCustomError:
    """A constraint of the standard that does not hold, as pydantic's error."""
    return PydanticCustomError(BROKEN, "{constraint}", {"constraint": constraint})


def _known(code: str) -> str:
    if code not in COUNTRIES and code != _UNKNOWN:
        raise broken("c3")
    return code


Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), AfterValidator(_known)]


class Part(BaseModel):
    """What all elements have in common: names in camel case, nothing that is not known."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class Address(Part):
    """Where somebody may be reached. C3, C8."""

    address_type: AddressType
    department: Text50 | None = None
    sub_department: Text70 | None = None
    street_name: Text70 | None = None
    building_number: Text16 | None = None
    building_name: Text35 | None = None
    floor: Text70 | None = None
    post_box: Text16 | None = None
    room: Text70 | None = None
    postcode: Text16 | None = None
    town_name: Text35
    town_location_name: Text35 | None = None
    district_name: Text35 | None = None
    country_sub_division: Text35 | None = None
    address_line: Annotated[tuple[Text70, ...], Field(max_length=7)] = ()
    country: Country

    @model_validator(mode="after")
    def c8(self) -> Self:
        """A line, or a street with a building."""
        building = self.building_name or self.building_number
        if not self.address_line and not (self.street_name and building):
            raise broken("c8")
        return self


class NationalIdentification(Part):
    """A number by which a state knows somebody. C3."""

    national_identifier: Text35
    national_identifier_type: IdentifierType
    country_of_issue: Country | None = None
    registration_authority: Authority | None = None


class DateAndPlaceOfBirth(Part):
    """When and where a natural person was born."""

    date_of_birth: date
    place_of_birth: Text70


class _TwoParts(Part):
    primary_identifier: str
    secondary_identifier: str | None = None

    @property
    def whole(self) -> str:
        """Both parts."""
        return " ".join(filter(None, (self.primary_identifier, self.secondary_identifier)))


class NaturalPersonNameId(_TwoParts):
    """A name in Latin letters, in two parts."""

    primary_identifier: Text100
    secondary_identifier: Text100 | None = None
    natural_person_name_identifier_type: NaturalNameType


class LocalNaturalPersonNameId(_TwoParts):
    """A name in any letters, in two parts."""

    primary_identifier: Local100
    secondary_identifier: Local100 | None = None
    name_identifier_type: NaturalNameType


class NaturalPersonName(Part):
    """All names of a natural person. C6."""

    name_identifier: Annotated[tuple[NaturalPersonNameId, ...], Field(min_length=1)]
    local_name_identifier: tuple[LocalNaturalPersonNameId, ...] = ()
    phonetic_name_identifier: tuple[LocalNaturalPersonNameId, ...] = ()

    @model_validator(mode="after")
    def c6(self) -> Self:
        """One of them is the legal one."""
        if all(each.natural_person_name_identifier_type != "LEGL" for each in self.name_identifier):
            raise broken("c6")
        return self

    @property
    def whole(self) -> tuple[str, ...]:
        """Each name in one piece."""
        local = (*self.local_name_identifier, *self.phonetic_name_identifier)
        return tuple(each.whole for each in (*self.name_identifier, *local))


class LegalPersonNameId(Part):
    """A name of an organisation in Latin letters."""

    legal_person_name: Text100
    legal_person_name_identifier_type: LegalNameType


class LocalLegalPersonNameId(Part):
    """A name of an organisation in any letters."""

    legal_person_name: Local100
    legal_person_name_identifier_type: LegalNameType


class LegalPersonName(Part):
    """All names of an organisation. C5."""

    name_identifier: Annotated[tuple[LegalPersonNameId, ...], Field(min_length=1)]
    local_name_identifier: tuple[LocalLegalPersonNameId, ...] = ()
    phonetic_name_identifier: tuple[LocalLegalPersonNameId, ...] = ()

    @model_validator(mode="after")
    def c5(self) -> Self:
        """One of them is the legal one."""
        if all(each.legal_person_name_identifier_type != "LEGL" for each in self.name_identifier):
            raise broken("c5")
        return self

    @property
    def whole(self) -> tuple[str, ...]:
        """Each name."""
        latin = (each.legal_person_name for each in self.name_identifier)
        local = (*self.local_name_identifier, *self.phonetic_name_identifier)
        return (*latin, *(each.legal_person_name for each in local))


class NaturalPerson(Part):
    """A human being."""

    name: NaturalPersonName
    geographic_address: tuple[Address, ...] = ()
    national_identification: NationalIdentification | None = None
    customer_identification: Text50 | None = None
    date_and_place_of_birth: DateAndPlaceOfBirth | None = None
    country_of_residence: Country | None = None

    @property
    def identified(self) -> bool:
        """C1: an address, a number, a customer's number, or a birth."""
        return bool(
            self.geographic_address
            or self.national_identification
            or self.customer_identification
            or self.date_and_place_of_birth
        )


class LegalPerson(Part):
    """An organisation. C7, C9, C11."""

    name: LegalPersonName
    geographic_address: tuple[Address, ...] = ()
    customer_identification: Text50 | None = None
    national_identification: NationalIdentification | None = None
    country_of_registration: Country | None = None

    @property
    def identified(self) -> bool:
        """C4: a geographic address, a number, or a customer's number."""
        return bool(
            any(each.address_type == "GEOG" for each in self.geographic_address)
            or self.national_identification
            or self.customer_identification
        )

    @model_validator(mode="after")
    def numbers(self) -> Self:
        """C7, C9, C11."""
        number = self.national_identification
        if number is None:
            return self
        kind = number.national_identifier_type
        if kind not in _OF_LEGAL_PERSONS:
            raise broken("c7")
        if number.country_of_issue or (kind == "LEIX") == bool(number.registration_authority):
            raise broken("c9")
        if kind == "LEIX" and not _LEI.fullmatch(number.national_identifier):
            raise broken("c11")
        return self


class Person(Part):
    """A natural or a legal person, and the accounts that count for the transfer."""

    natural_person: NaturalPerson | None = None
    legal_person: LegalPerson | None = None
    account_number: tuple[Text512, ...] = ()

    @model_validator(mode="after")
    def one(self) -> Self:
        """One of both, not both."""
        if (self.natural_person is None) == (self.legal_person is None):
            raise broken("person")
        return self

    @property
    def known(self) -> NaturalPerson | LegalPerson:
        """Whichever of both it is."""
        found = self.natural_person or self.legal_person
        if found is None:
            raise broken("person")
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """Every name: Latin ones first, then those in local letters, then phonetic ones."""
        return self.known.name.whole
