"""Bodies of HTTP answers, bounded in size; unpacked where a server compresses one unasked."""

import zlib

from crdb_sso.printing import shown

LARGEST_ANSWER_BYTES = 256_000
"""Key sets, discovery documents and tokens are far smaller."""

UNCOMPRESSED = "identity"
"""What is asked for as `Accept-Encoding`."""

_GZIP = ("gzip", "x-gzip")


class UnusableAnswerError(Exception):
    """The answer is too large, or compressed in a way that is not read; the text says which."""


class Body:
    """Collects a body as it arrives.

    Args:
        encoding: The answer's `Content-Encoding`, "" for none.
        max_bytes: The limit of its size, as it is sent and unpacked.

    Raises:
        UnusableAnswerError: It is compressed by something other than gzip.
    """

    def __init__(self, encoding: str, max_bytes: int = LARGEST_ANSWER_BYTES) -> None:
        name = encoding.strip().lower()
        if name not in ("", UNCOMPRESSED, *_GZIP):
            raise UnusableAnswerError(f"the answer is compressed as {shown(name)}, unrequested")
        self._is_packed = name in _GZIP
        self._max_bytes = max_bytes
        self._sent = bytearray()

    def add(self, chunk: bytes) -> None:
        """Add the next octets, as they were sent.

        Raises:
            UnusableAnswerError: They are too many; the rest need not be read.
        """
        self._sent += chunk
        self._check_size(self._sent)

    def whole(self) -> bytes:
        """Return the body, unpacked.

        Raises:
            UnusableAnswerError: It is larger than the limit, or not what gzip writes.
        """
        return self._unpacked() if self._is_packed else bytes(self._sent)

    def _unpacked(self) -> bytes:
        unpacked, left = b"", bytes(self._sent)
        while left:
            member = zlib.decompressobj(16 + zlib.MAX_WBITS)
            try:
                unpacked += member.decompress(left, self._max_bytes + 1 - len(unpacked))
            except zlib.error as error:
                raise UnusableAnswerError(_NOT_GZIP) from error
            self._check_size(unpacked)
            if not member.eof:
                raise UnusableAnswerError(_NOT_GZIP)
            left = member.unused_data
        return unpacked

    def _check_size(self, octets: bytes | bytearray) -> None:
        if len(octets) > self._max_bytes:
            raise UnusableAnswerError(f"the answer is larger than {self._max_bytes} bytes")


_NOT_GZIP = "the answer is not what gzip writes"
