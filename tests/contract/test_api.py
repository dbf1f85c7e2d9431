"""Whatever is asked of the API, the answer is no error of ours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from team import ADDRESS, Team, open_team

from uncial.studio import accounts

_STREAMS = ("/stream",)  # they do not end


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    made = open_team(tmp_path_factory.mktemp("api"))
    yield made
    made.app.state.studio.db.close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_no_request_that_fits_the_description_ends_in_an_error_of_ours(team: Team) -> None:
    anna = team.person("Anna", admin=True)
    document = anna.document()
    anna.pages(document, 1)
    with team.app.state.studio.db.write() as session:
        shown = accounts.make_token(session, team.account(anna), "tests", 1)[1]
    program = team.stranger(authorization=f"Bearer {shown}")
    schema = schemathesis.openapi.from_dict(team.app.openapi())
    operations = [one.ok() for one in schema.get_all_operations()]
    operations = [one for one in operations if not one.path.endswith(_STREAMS)]
    assert len(operations) > 50
    for operation in operations:

        @seed(1)
        @settings(
            max_examples=3,
            database=None,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(), client=st.sampled_from([anna.client, program]))
        def check(case: schemathesis.Case, client: TestClient) -> None:
            asked = case.as_transport_kwargs(base_url=ADDRESS)
            asked = {name: asked.get(name) for name in ("method", "url", "params", "json")}
            answer = client.request(**asked)
            assert answer.status_code < 500, (case.method, case.formatted_path, case.body)

        check()
