"""Messages between a worker and its supervisor: bytes behind their length."""

import socket

LENGTH = 8


def put(connection: socket.socket, message: bytes) -> None:
    """Send a message. OSError if nobody is there to read it."""
    connection.sendall(len(message).to_bytes(LENGTH, "big"))
    connection.sendall(message)


def received(connection: socket.socket) -> bytearray:
    """The next message. EOFError if the other side has gone."""
    return _exactly(connection, int.from_bytes(_exactly(connection, LENGTH), "big"))


def _exactly(connection: socket.socket, length: int) -> bytearray:
    data = bytearray(length)
    view = memoryview(data)
    while view:
        try:
            count = connection.recv_into(view)
        except ConnectionError:
            count = 0
        if not count:
            raise EOFError
        view = view[count:]
    return data
