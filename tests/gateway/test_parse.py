"""From bytes to requests: what is taken, and what is refused, by name."""

import orjson
import pytest

from sandbox.gateway.steps.parse import BATCH, DEPTH, ID_INTEGER, VALUES, parse, weight
from sandbox.kit.errors import InvalidInput

ONE = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}


def nested(levels):
    return b'{"jsonrpc":"2.0","id":1,"method":"m","params":' + b"[" * levels + b"]" * levels + b"}"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "gateway.not_json"),
        (b"{", "gateway.not_json"),
        (b"\xff\xfe", "gateway.not_json"),
        (b'{"id":NaN}', "gateway.not_json"),
        (b"[]", "gateway.batch_empty"),
        (orjson.dumps([ONE] * (BATCH + 1)), "gateway.batch_too_long"),
        (b'{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}', "gateway.duplicate_key"),
        (b'{"jsonrpc":"2.0","id":1,"method":"a","m\\u0065thod":"b"}', "gateway.duplicate_key"),
        (
            b'{"jsonrpc":"2.0","id":1,"method":"a","params":[{"to":"0x1","to":"0x2"}]}',
            "gateway.duplicate_key",
        ),
        (nested(DEPTH), "gateway.too_deep"),
        (nested(100_000), "gateway.not_json"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_by_name(body, code):
    with pytest.raises(InvalidInput) as caught:
        parse(body)
    assert caught.value.code == code


def test_a_body_weighs_by_its_values_and_a_long_transaction_weighs_nothing():
    many = [[] for _ in range(10 * VALUES)]
    assert weight(orjson.dumps(many)) >= 10
    assert weight(orjson.dumps([{} for _ in many])) >= 10
    assert weight(orjson.dumps(list(range(10 * VALUES)))) >= 9
    assert weight(orjson.dumps({**ONE, "params": ["0x" + "ab" * 100_000]})) == 0
    assert weight(orjson.dumps([ONE] * 20)) == 0


def test_nesting_up_to_the_limit_is_read():
    assert parse(nested(DEPTH - 1)).requests[0].error is None


def test_a_colon_inside_text_is_no_duplicate():
    body = orjson.dumps({**ONE, "params": ["a:b::c", {"k": "v:w"}]})
    assert parse(body).requests[0].params == ["a:b::c", {"k": "v:w"}]


def test_a_batch_keeps_its_order_and_its_limit():
    read = parse(orjson.dumps([{**ONE, "id": number} for number in range(BATCH)]))
    assert read.batch
    assert [each.id for each in read.requests] == list(range(BATCH))


@pytest.mark.parametrize("number", [None, 0, -1, ID_INTEGER, "", "x" * 128])
def test_an_id_that_every_client_keeps_exact_is_taken(number):
    request = parse(orjson.dumps({**ONE, "id": number})).requests[0]
    assert (request.id, request.error, request.notification) == (number, None, False)


@pytest.mark.parametrize(
    "number", [b"1.5", b"true", b"[]", b"{}", b"9007199254740992", b"1e400", b'"%s"' % (b"x" * 129)]
)
def test_an_id_that_no_client_keeps_exact_is_refused(number):
    body = b'{"jsonrpc":"2.0","method":"eth_chainId","id":' + number + b"}"
    try:
        error = parse(body).requests[0].error
    except InvalidInput as caught:
        error = caught
    assert error.code in {"gateway.id_invalid", "gateway.not_json"}


def test_a_request_without_an_id_is_a_notification():
    assert parse(b'{"jsonrpc":"2.0","method":"eth_chainId"}').requests[0].notification


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (1, "gateway.not_a_request"),
        (None, "gateway.not_a_request"),
        ({"id": 1, "method": "m"}, "gateway.not_a_request"),
        ({"jsonrpc": "1.0", "id": 1, "method": "m"}, "gateway.not_a_request"),
        ({"jsonrpc": "2.0", "id": 1, "method": 7}, "gateway.not_a_request"),
        ({"jsonrpc": "2.0", "id": 1}, "gateway.not_a_request"),
        ({"jsonrpc": "2.0", "id": 1, "method": "m", "params": {"a": 1}}, "gateway.params_invalid"),
    ],
)
def test_one_wrong_member_of_a_batch_leaves_the_others_alone(item, code):
    read = parse(orjson.dumps([item, ONE]))
    assert read.requests[0].error.code == code
    assert read.requests[1].error is None


@pytest.mark.parametrize("opening", [b'{"a":', b"["])
def test_nesting_without_end_is_refused_where_integers_are_kept_exactly(opening):
    import sandbox.gateway.main  # noqa: F401 - a library of it raises the recursion limit

    body = b'{"method": "eth_signTypedData_v4", "params": ' + opening * 900_000
    with pytest.raises(InvalidInput, match=r"gateway\.not_json"):
        parse(body)
