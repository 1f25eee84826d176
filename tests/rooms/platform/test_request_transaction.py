"""The transaction of a request, when the database goes away at its very beginning."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import RequestFactory

from caasis.platform.middleware import transaction as middleware

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def test_a_beginning_that_failed_leaves_no_block_open_for_the_next_request(
    rf: RequestFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = middleware.RequestTransactionMiddleware(lambda request: HttpResponse("ok"))

    def away(actor: Any) -> None:
        connection.close()
        raise OperationalError("the connection is lost")

    with monkeypatch.context() as broken:
        broken.setattr(middleware, "set_scope", away)
        with pytest.raises(OperationalError):
            answer(rf.get("/desk/"))
    assert not connection.in_atomic_block
    assert answer(rf.get("/desk/")).content == b"ok"
