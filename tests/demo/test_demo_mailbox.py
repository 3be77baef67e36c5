"""The demo's mailbox, run as its own process and reached over SMTP and HTTP."""

from __future__ import annotations

import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from mypage.demo.mailbox import linked, opening_apart
from mypage.demo.mailstore import Mailstore, read_mail
from mypage.testing.portal import HANG


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for sock in sockets:
        sock.bind(("127.0.0.1", 0))
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


def new_box(folder: Path) -> Box:
    smtp_port, http_port = free_ports(2)
    box = Box(smtp_port, http_port, folder)
    box.start()
    return box


@dataclass
class Box:
    smtp_port: int
    http_port: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    def argv(self) -> list[str]:
        ports = ["--smtp-port", str(self.smtp_port), "--http-port", str(self.http_port)]
        return [sys.executable, "-m", "mypage.demo.mailbox", "--dir", str(self.folder), *ports]

    def start(self) -> None:
        self.process = subprocess.Popen(self.argv(), stdout=subprocess.DEVNULL)
        while self.process.poll() is None:
            try:
                self.get("/api/mails")
                return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("the mailbox ended while it started")

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(HANG)

    def get(self, path: str, **headers: str) -> httpx.Response:
        url = f"http://127.0.0.1:{self.http_port}{path}"
        return httpx.get(url, headers=headers, timeout=HANG, verify=False, trust_env=False)

    def mails(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/api/mails").json()
        return found

    def send(self, message: EmailMessage | bytes, to: str = "taro@example.jp") -> None:
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=HANG) as smtp:
            raw = message if isinstance(message, bytes) else message.as_bytes()
            smtp.sendmail("portal@example.jp", [to], raw)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    box = new_box(tmp_path_factory.mktemp("mails"))
    yield box
    box.stop()


@pytest.fixture
def box(running: Box) -> Box:
    httpx.post(f"http://127.0.0.1:{running.http_port}/clear")
    return running


def japanese_mail() -> EmailMessage:
    message = EmailMessage()
    message["From"] = "マイページ <portal@example.jp>"
    message["To"] = "someone-else@example.jp"
    message["Subject"] = "【マイページ】メールアドレスのご確認"
    message.set_content("髙﨑 様\n\nhttp://u1.localhost:8000/verify?t=abc&x=1\n")
    message.add_alternative(
        "<html><head><title>x</title></head><body><script>alert(1)</script><p>本文</p></body></html>", subtype="html"
    )
    return message


def test_a_japanese_mail_arrives_and_is_shown(box: Box) -> None:
    box.send(japanese_mail())
    (mail,) = box.mails()
    assert mail["to"] == "taro@example.jp", "the envelope says who gets it"
    assert mail["sender"] == "マイページ <portal@example.jp>"
    assert mail["subject"] == "【マイページ】メールアドレスのご確認"
    assert "髙﨑 様" in mail["text"]
    assert "<p>本文</p>" in mail["html"]

    listed = box.get("/")
    assert "【マイページ】メールアドレスのご確認" in listed.text
    assert listed.headers["refresh"] == "5"
    page = box.get(f"/mails/{mail['id']}")
    assert 'href="http://u1.localhost:8000/verify?t=abc&amp;x=1"' in page.text
    assert "<script" not in page.text
    assert "script-src" not in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_the_html_part_runs_no_script(box: Box) -> None:
    box.send(japanese_mail())
    (mail,) = box.mails()
    part = box.get(f"/mails/{mail['id']}/html")
    directives = part.headers["content-security-policy"]
    assert directives.startswith("sandbox ")
    assert "allow-scripts" not in directives
    assert "allow-same-origin" not in directives
    assert "default-src 'none'" in directives
    assert '<head><base target="_blank">' in part.text


def test_newest_first_and_clear(box: Box) -> None:
    for number in range(3):
        message = EmailMessage()
        message["Subject"] = f"mail {number}"
        message.set_content("x")
        box.send(message)
    assert [mail["subject"] for mail in box.mails()] == ["mail 2", "mail 1", "mail 0"]
    foreign = httpx.post(f"http://127.0.0.1:{box.http_port}/clear", headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403
    cleared = httpx.post(f"http://127.0.0.1:{box.http_port}/clear")
    assert (cleared.status_code, cleared.headers["location"]) == (303, "/")
    assert box.mails() == []
    assert "まだメールはありません" in box.get("/").text


BROKEN = {
    "no subject": b"From: a@example.jp\r\n\r\nhello\r\n",
    "empty": b"",
    "unknown charset": b"Subject: c\r\nContent-Type: text/plain; charset=klingon\r\n\r\n\xe6\x97\xa5\xe6\x9c\xac\r\n",
    "wrong charset": b"Subject: =?utf-8?b?////?=\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\x93\xfa\x96{\r\n",
    "raw bytes in a header": b"Subject: \xe6\x97\xa5\xe6\x9c\xac\r\nFrom: \xff\xfe <@@>\r\n\r\n\r\n",
    "bad address": b'From: <<<>>>,,;"\r\nTo: [\r\nSubject: =?x?q?y?=\r\nDate: never\r\n\r\nx',
    "open multipart": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>",
    "bad base64": b"Content-Transfer-Encoding: base64\r\nContent-Type: text/plain\r\n\r\n@@@=x\r\n",
    "deep": b"".join(b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(400)),
    "huge": b"Subject: huge\r\n\r\n" + b"0123456789abcd\r\n" * 200_000,
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_mail_is_shown_as_far_as_it_goes(box: Box, content: bytes) -> None:
    box.send(content)
    (mail,) = box.mails()
    assert mail["to"] == "taro@example.jp"
    assert len(mail["text"]) <= 500_000
    assert box.get("/").status_code == 200
    assert box.get(f"/mails/{mail['id']}").status_code == 200
    assert box.get(f"/mails/{mail['id']}/original").status_code == 200


def test_iso_2022_jp_and_what_calls_itself_so() -> None:
    head = b"Subject: =?iso-2022-jp?b?GyRCRnxLXBsoQg==?=\r\nContent-Type: text/plain; charset=iso-2022-jp\r\n\r\n"
    mail = read_mail(head + "日本".encode("iso-2022-jp"), sender="", recipients=["a@b"])
    assert (mail.subject, mail.text) == ("日本", "日本")
    kana = read_mail(head + b"\x1b(I1\x1b(B", sender="", recipients=["a@b"])
    assert kana.text == "ｱ"


def test_only_under_a_name_of_this_machine(box: Box) -> None:
    assert box.get("/api/mails", host="evil.example").status_code == 421
    assert box.get("/api/mails", host="mail.localhost:8001").status_code == 200
    for path in ("/nothing", "/mails/..%2f..%2fx", "/mails/%2e%2e", "/mails/1/html"):
        assert box.get(path).status_code == 404


def test_a_restart_keeps_the_mails(tmp_path: Path) -> None:
    box = new_box(tmp_path)
    box.send(japanese_mail())
    before = box.mails()
    assert box.stop() in (0, -15)
    box.start()
    assert box.mails() == before
    taken = subprocess.run(
        box.argv(),
        capture_output=True,
        text=True,
        check=False,
    )
    box.stop()
    assert taken.returncode == 1
    assert str(box.smtp_port) in taken.stderr
    assert len(taken.stderr.splitlines()) == 1


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    store = Mailstore(tmp_path, keep=3)
    for number in range(5):
        store.add(b"Subject: %d\r\n\r\nx" % number, sender="a@b", recipients=["c@d"])
    assert [mail.subject for mail in store.newest_first()] == ["4", "3", "2"]
    assert len(list(tmp_path.iterdir())) == 6


def test_links_are_escaped_and_end_where_the_sentence_ends() -> None:
    shown = linked("次 https://a.example/x?a=1&b=<2> と http://b.example/。 <script>")
    assert 'href="https://a.example/x?a=1&amp;b="' in shown
    assert 'href="http://b.example/"' in shown
    assert "<script>" not in shown
    assert opening_apart("<p>x").startswith('<base target="_blank">')
