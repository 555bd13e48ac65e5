"""dns.py ANSWER: a name server on 127.0.0.1:53 and a web server on 127.0.0.1:8080, in a network
namespace of their own. Every name has the IPv4 address 127.0.0.1; the question for IPv6 is answered
as ANSWER says: with a code of DNS (RFC 1035), `empty`, or an address that does not answer."""

import fcntl
import http.server
import socket
import struct
import sys
import threading

CODES = {"nxdomain": 3, "servfail": 2, "notimp": 4, "refused": 5, "empty": 0, "unreachable": 0}
A, AAAA = 1, 28


def raise_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0x1 | 0x40)  # IFF_UP, IFF_RUNNING
        fcntl.ioctl(any_socket, 0x8914, request)  # SIOCSIFFLAGS


def answer(query, kind_of_answer):
    end = query.index(b"\0", 12) + 1
    question = query[12 : end + 4]
    (kind,) = struct.unpack(">H", query[end : end + 2])
    records, code = b"", 0
    if kind == A:
        records = b"\xc0\x0c" + struct.pack(">HHIH", A, 1, 60, 4) + socket.inet_aton("127.0.0.1")
    elif kind == AAAA:
        code = CODES[kind_of_answer]
        if kind_of_answer == "unreachable":
            address = socket.inet_pton(socket.AF_INET6, "2001:db8::1")
            records = b"\xc0\x0c" + struct.pack(">HHIH", AAAA, 1, 60, 16) + address
    header = query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, bool(records), 0, 0)
    return header + question + records


class Release(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"99.0.0\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


raise_loopback()
names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
names.bind(("127.0.0.1", 53))
web = http.server.ThreadingHTTPServer(("127.0.0.1", 8080), Release)
threading.Thread(target=web.serve_forever, daemon=True).start()
print("ready", flush=True)
while True:
    query, sender = names.recvfrom(512)
    names.sendto(answer(query, sys.argv[1]), sender)
