"""dns.py GOOD ANSWER: a name server on 127.0.0.1:53 and a web server on port 8080 of 127.0.0.1 and
::1, in a network namespace of their own. Every name has an address of the family GOOD (`ipv4` or
`ipv6`). The question for the other family is answered as ANSWER says: with a code of DNS (RFC 1035),
`empty`, `silent` (not at all), or an address that does not answer."""

import fcntl
import http.server
import socket
import socketserver
import struct
import sys
import threading

CODES = {"nxdomain": 3, "servfail": 2, "notimp": 4, "refused": 5}
A, AAAA = 1, 28
LOCAL = {A: socket.inet_aton("127.0.0.1"), AAAA: socket.inet_pton(socket.AF_INET6, "::1")}
UNREACHABLE = {A: socket.inet_aton("192.0.2.1"), AAAA: socket.inet_pton(socket.AF_INET6, "2001:db8::1")}


def raise_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0x1 | 0x40)  # IFF_UP, IFF_RUNNING
        fcntl.ioctl(any_socket, 0x8914, request)  # SIOCSIFFLAGS


def answer(query, good, kind_of_answer):
    end = query.index(b"\0", 12) + 1
    question = query[12 : end + 4]
    (kind,) = struct.unpack(">H", query[end : end + 2])
    address, code = b"", 0
    if kind == good:
        address = LOCAL[kind]
    elif kind_of_answer == "silent":
        return None
    elif kind_of_answer == "unreachable":
        address = UNREACHABLE[kind]
    else:
        code = CODES.get(kind_of_answer, 0)
    records = address and b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(address)) + address
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


class Ipv4Server(http.server.ThreadingHTTPServer):
    # HTTPServer's would ask for the name of the host, before the name server answers.
    server_bind = socketserver.TCPServer.server_bind


class Ipv6Server(Ipv4Server):
    address_family = socket.AF_INET6


raise_loopback()
names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
names.bind(("127.0.0.1", 53))
for server, host in (Ipv4Server, "127.0.0.1"), (Ipv6Server, "::1"):
    web = server((host, 8080), Release)
    threading.Thread(target=web.serve_forever, daemon=True).start()
print("ready", flush=True)
while True:
    query, sender = names.recvfrom(512)
    reply = answer(query, {"ipv4": A, "ipv6": AAAA}[sys.argv[1]], sys.argv[2])
    if reply:
        names.sendto(reply, sender)
