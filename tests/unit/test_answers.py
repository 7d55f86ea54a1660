"""Bodies of HTTP answers are read up to a limit, as they are sent and unpacked."""

import gzip
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.answers import LARGEST_ANSWER_BYTES, Body, UnusableAnswerError


def read(octets: bytes, encoding: str = "", cuts: tuple[int, ...] = (), limit: int = 1000) -> bytes:
    body = Body(encoding, limit)
    places = sorted({0, len(octets), *(place % (len(octets) + 1) for place in cuts)})
    for start, end in pairwise(places):
        body.add(octets[start:end])
    return body.whole()


CUTS = st.lists(st.integers(0, 5000), max_size=5).map(tuple)


@given(text=st.binary(max_size=1000), cuts=CUTS, parts=st.integers(1, 4))
def test_what_fits_is_returned_however_it_arrives_and_is_packed(text, cuts, parts) -> None:
    size = max(1, -(-len(text) // parts))
    members = [gzip.compress(text[n : n + size], mtime=0) for n in range(0, len(text), size)]

    assert read(text, "", cuts) == text
    assert read(text, "identity", cuts) == text
    assert read(b"".join(members), "GZIP", cuts, limit=2000) == text


@given(size=st.integers(1001, 200_000), cuts=CUTS)
def test_what_does_not_fit_is_refused_however_it_arrives_and_is_packed(size, cuts) -> None:
    text = bytes(size)
    for octets, encoding in ((text, ""), (text, "gzip"), (gzip.compress(text), "x-gzip")):
        with pytest.raises(UnusableAnswerError, match=r"^the answer is larger than 1000 bytes$"):
            read(octets, encoding, cuts)


@given(octets=st.binary(max_size=1000), encoding=st.sampled_from(["gzip", "x-gzip", "identity"]))
def test_any_octets_are_read_or_refused_in_words(octets, encoding) -> None:
    try:
        assert len(read(octets, encoding)) <= 1000
    except UnusableAnswerError as error:
        assert str(error).startswith("the answer is ")  # noqa: PT017 - either will do


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "\x1b[2J"])
def test_another_compression_is_refused_before_anything_is_read(encoding: str) -> None:
    with pytest.raises(UnusableAnswerError, match=r"compressed as '.*', unrequested") as caught:
        Body(encoding)
    assert str(caught.value).isprintable()


def test_a_bomb_is_not_unpacked_further_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    given_out: list[int] = []
    made = zlib.decompressobj

    class Counting:
        """A decompressor that notes how much it gave."""

        def __init__(self, wbits: int) -> None:
            self._inner = made(wbits)
            self.eof, self.unused_data = False, b""

        def decompress(self, octets: bytes, limit: int) -> bytes:
            found = self._inner.decompress(octets, limit)
            given_out.append(len(found))
            return found

    monkeypatch.setattr(zlib, "decompressobj", Counting)
    bomb = gzip.compress(bytes(50_000_000), mtime=0)
    assert len(bomb) < LARGEST_ANSWER_BYTES

    with pytest.raises(UnusableAnswerError, match="larger than 256000 bytes"):
        read(bomb, "gzip", limit=LARGEST_ANSWER_BYTES)

    assert given_out == [LARGEST_ANSWER_BYTES + 1]
