"""Models that come with the package are on the shelf, once, and stay in the bin where put there."""

from studios import Place

from uncial.basemodels import shipped_names
from uncial.studio.actions.shelving import missing


def test_shipped_models_are_shelved_once(place: Place) -> None:
    assert missing(place.studio.db) == shipped_names()
    for again in (False, True):
        place.studio.start("shelve", "Models that come with Uncial", {})
        place.work()
        models = place.ask("GET", "/api/models")
        assert {one["origin"] for one in models} == ({"shipped"} if not again else set())
        for one in models:
            place.ask("DELETE", f"/api/models/{one['id']}")
    assert missing(place.studio.db) == []
