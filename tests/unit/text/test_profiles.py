import pytest

from uncial.errors import ConfigError
from uncial.text.normalize import Normalization
from uncial.text.profiles import PROFILES, profiles_named


def test_every_profile_can_be_applied() -> None:
    for rules in profiles_named(["all"]).values():
        assert rules(rules("Aͤ ﬁ ſ “x”")) == rules("Aͤ ﬁ ſ “x”")
    assert list(profiles_named(["all"])) == list(PROFILES)


def test_rules_may_stand_for_a_profile() -> None:
    found = profiles_named(["case", "nfc+u-v"])
    assert found == {
        "case": Normalization.named("nfc+spaces+case"),
        "nfc+u-v": Normalization.named("nfc+u-v"),
    }


def test_an_unknown_profile_is_named() -> None:
    with pytest.raises(ConfigError, match="relaxd"):
        profiles_named(["relaxd"])
