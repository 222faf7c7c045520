import pytest

from loadgen.observe.web.place import WebPlace


@pytest.mark.parametrize(
    "place",
    [
        WebPlace("127.0.0.1", 0),
        WebPlace("::1", 9000),
        WebPlace("0.0.0.0", 9000, insecure=True),
        WebPlace("load.test", 9000, "a file.pem", "its=key&.pem"),
    ],
)
def test_a_place_is_the_same_once_it_was_written_and_read(place: WebPlace) -> None:
    place.check()
    assert WebPlace.read(place.written) == place


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (WebPlace("0.0.0.0", 9000), "--web-cert FILE serves it over TLS, --insecure-web"),
        (WebPlace("load.test", 9000), "'load.test' can be reached from elsewhere"),
        (WebPlace("127.0.0.1", 0, key="k"), "--web-key needs the --web-cert"),
        (WebPlace("0.0.0.0", 0, cert="c", insecure=True), "--insecure-web cannot be combined with --web-cert"),
    ],
)
def test_beyond_this_machine_it_takes_tls_or_a_word(place: WebPlace, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        place.check()
