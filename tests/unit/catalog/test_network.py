"""Reading from real servers on loopback: limits, proxies, certificates, redirects."""

import gzip
import time
from pathlib import Path

import pytest

from tests.unit.catalog import loopback
from wizard.catalog import machine
from wizard.catalog.network import HTTPStatus, SourceError, host_of, open_address, without_credentials


def _read(address: str, *, timeout: float = 5, limit: int = 1_000_000, **more: str) -> bytes:
    stream, _ = open_address(address, timeout=timeout, limit=limit, ca_bundle=more.get("ca_bundle", ""))
    with stream:
        return stream.read()


def test_an_ordinary_and_a_compressed_answer() -> None:
    data = b"versions " * 5000
    packed = loopback.body(gzip.compress(data), headers={"Content-Encoding": "gzip"})
    with loopback.serve({"/plain": loopback.body(data), "/packed": packed}) as site:
        assert _read(site.address + "/plain") == data
        assert _read(site.address + "/packed") == data
        stream, headers = open_address(site.address + "/packed", timeout=5, limit=10**6)
        with stream:
            assert stream.read(10) == data[:10]
            assert stream.read(7) == data[10:17]
            assert stream.read() == data[17:]
            assert stream.read() == b""
        assert headers["Content-Encoding"] == "gzip"


def test_error_statuses() -> None:
    with loopback.serve({"/broken": loopback.body("no", status=500)}) as site:
        with pytest.raises(HTTPStatus, match="answered 500") as failed:
            _read(site.address + "/broken")
        assert failed.value.status == 500
        with pytest.raises(HTTPStatus, match="answered 404"):
            _read(site.address + "/nothing")


@pytest.mark.parametrize("path", ["/hanging", "/dripping"])
def test_a_server_that_never_ends_is_left_in_time(path: str) -> None:
    with loopback.serve({"/hanging": loopback.hanging, "/dripping": loopback.dripping}) as site:
        started = time.monotonic()
        with pytest.raises(SourceError, match=r"no answer in time|too slow"):
            _read(site.address + path, timeout=0.6)
        assert time.monotonic() - started < 3


def test_an_answer_without_end_is_cut_by_size_even_when_compressed() -> None:
    bomb = loopback.body(gzip.compress(b"0" * 50_000_000), headers={"Content-Encoding": "gzip"})
    with loopback.serve({"/plain": loopback.body(b"0" * 2_000_000), "/bomb": bomb}) as site:
        for path in ("/plain", "/bomb"):
            with pytest.raises(SourceError, match="more than 1 MB"):
                _read(site.address + path)


def test_an_answer_that_breaks_off_is_not_taken_for_whole() -> None:
    packed = gzip.compress(b"x" * 100_000)
    half = loopback.body(packed[: len(packed) // 2], headers={"Content-Encoding": "gzip"})
    with loopback.serve({"/short": loopback.cut_off("half"), "/half": half}) as site:
        for path in ("/short", "/half"):
            with pytest.raises(SourceError, match="broke off"):
                _read(site.address + path)


def test_nobody_listens_and_names_that_are_none() -> None:
    with loopback.serve({}) as site:
        address = site.address
    with pytest.raises(SourceError, match="could not be reached: connection refused"):
        _read(address)
    with pytest.raises(SourceError, match="not known to this machine's DNS"):
        _read("http://no-such-host.invalid/")
    for address in ("file:///etc/passwd", "ftp://127.0.0.1/", "", "http://", "http://[", "https://a b/"):
        with pytest.raises(SourceError):
            _read(address)


def test_an_untrusted_certificate_is_refused_and_a_named_ca_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = loopback.make_certificate(tmp_path)
    with loopback.serve({"/": loopback.body("safe")}, certificate=certificate) as site:
        with pytest.raises(SourceError, match=r"certificate is not trusted .* SSL_CERT_FILE"):
            _read(site.address + "/")
        assert _read(site.address + "/", ca_bundle=str(tmp_path / "cert.pem")) == b"safe"
        monkeypatch.setenv("PIP_CERT", str(tmp_path / "cert.pem"))
        assert _read(site.address + "/") == b"safe"
        (tmp_path / "nonsense.pem").write_text("nothing", encoding="utf-8")
        with pytest.raises(SourceError, match="holds no CA certificates"):
            _read(site.address + "/", ca_bundle=str(tmp_path / "nonsense.pem"))


def test_the_ca_of_pips_configuration_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = loopback.make_certificate(tmp_path)
    config = tmp_path / "pip.conf"
    config.write_text(f"[global]\ncert = {tmp_path / 'cert.pem'}\n", encoding="utf-8")
    monkeypatch.delenv("PIP_CERT", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    with loopback.serve({"/": loopback.body("safe")}, certificate=certificate) as site:
        assert _read(site.address + "/") == b"safe"


@pytest.mark.parametrize("way", ["environment", "pip"])
def test_the_proxy_is_used(way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with loopback.serve({"http://charts.invalid/index.yaml": loopback.body("through the proxy")}) as proxy:
        if way == "environment":
            monkeypatch.setenv("http_proxy", proxy.address)
        else:
            config = tmp_path / "pip.conf"
            config.write_text(f"[global]\nproxy = {proxy.address.removeprefix('http://')}\n", encoding="utf-8")
            monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
        assert _read("http://charts.invalid/index.yaml") == b"through the proxy"
        monkeypatch.setenv("no_proxy", "charts.invalid")
        with pytest.raises(SourceError, match=r"charts\.invalid could not be reached"):
            _read("http://charts.invalid/index.yaml")


def test_a_broken_pip_configuration_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "pip.conf"
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    for text in (b"[global\nproxy", b"\xff\xfe", b"proxy = x\n"):
        config.write_bytes(text)
        assert machine.pip_setting("proxy") == ""


def test_a_login_is_not_carried_to_another_host() -> None:
    with loopback.serve({"/": loopback.body("there")}) as other:
        with loopback.serve({"/": loopback.redirect(lambda: other.address + "/")}) as site:
            stream, _ = open_address(site.address, timeout=5, limit=1000, headers={"Authorization": "Basic c2VjcmV0"})
            with stream:
                assert stream.read() == b"there"
            assert site.requests[0][1]["Authorization"] == "Basic c2VjcmV0"
        assert "Authorization" not in other.requests[0][1]


def test_no_message_holds_a_password() -> None:
    assert without_credentials("at https://me:secret@host/x failed") == "at https://host/x failed"
    assert host_of("https://me:secret@host:8443/x") == "host:8443"
    assert "secret" not in str(SourceError("fatal: unable to access 'https://me:secret@host/x'"))
    with pytest.raises(SourceError) as failed:
        _read("http://me:secret@no-such-host.invalid/")
    assert "secret" not in str(failed.value)


def test_a_login_in_the_address_is_used() -> None:
    with loopback.serve({"/x": loopback.body("in")}) as site:
        assert _read(site.address.replace("://", "://me:se%40cret@") + "/x") == b"in"
        assert site.requests[0][1]["Authorization"] == "Basic bWU6c2VAY3JldA=="
