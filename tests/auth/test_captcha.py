from __future__ import annotations

import struct
import tracemalloc
import wave
from datetime import UTC, datetime, timedelta
from io import BytesIO
from string import ascii_letters

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mypage.auth import captcha
from mypage.auth.captcha import InvalidChallengeError, Result, audio_wav, check, digits, image_png, new_challenge

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
AGE = timedelta(minutes=10)


@pytest.fixture
def challenge() -> str:
    return new_challenge(KEY, NOW)


def wrong(answer: str) -> str:
    return answer.translate(str.maketrans("0123456789", "1234567890"))


def test_the_right_answer_passes_in_every_way_people_type_digits(challenge: str) -> None:
    answer = digits(KEY, challenge)
    for typed in (answer, answer.translate(FULL_WIDTH), f" {answer}　", " ".join(answer), "\u200b".join(answer)):
        assert check(KEY, challenge, typed, NOW) is Result.OK


@pytest.mark.parametrize("typed", ["", "abcd", "\x00", "\ud800", "9" * 1_000_000, "四桁数字", "0" * 39, "²³⁴⁵"])
def test_other_answers_are_wrong(challenge: str, typed: str) -> None:
    assert check(KEY, challenge, typed, NOW) is Result.WRONG


def test_nearly_right_is_wrong(challenge: str) -> None:
    answer = digits(KEY, challenge)
    for typed in (wrong(answer), answer[:-1], answer + "0", "0" + answer, answer[::-1] + "x"):
        assert check(KEY, challenge, typed, NOW) is Result.WRONG


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (timedelta(0), Result.OK),
        (AGE, Result.OK),
        (AGE + timedelta(seconds=1), Result.EXPIRED),
        (timedelta(days=400), Result.EXPIRED),
        (timedelta(seconds=-3), Result.OK),
        (timedelta(hours=-1), Result.EXPIRED),
    ],
)
def test_an_answer_has_its_time(challenge: str, later: timedelta, expected: Result) -> None:
    assert check(KEY, challenge, digits(KEY, challenge), NOW + later, AGE) is expected


@given(st.text(max_size=120))
def test_ids_nobody_issued_are_invalid(challenge_id: str) -> None:
    assert check(KEY, challenge_id, "1234", NOW) is Result.INVALID
    with pytest.raises(InvalidChallengeError):
        digits(KEY, challenge_id)


@given(st.integers(0, 54), st.sampled_from("ABCxyz019-_"))
def test_a_changed_id_is_invalid(at: int, char: str) -> None:
    challenge = new_challenge(KEY, NOW)
    changed = challenge[:at] + char + challenge[at + 1 :]
    if changed != challenge and at < len(challenge) - 1:
        assert check(KEY, changed, digits(KEY, challenge), NOW) is Result.INVALID


def test_an_id_has_one_spelling_only(challenge: str) -> None:
    answer = digits(KEY, challenge)
    spellings = [
        challenge + "=",
        challenge + "A",
        challenge + "\n",
        " " + challenge,
        challenge[:20] + "!" + challenge[20:],
    ]
    spellings += [challenge[:-1] + char for char in ascii_letters + "0123456789-_"]
    accepted = {spelling for spelling in spellings if check(KEY, spelling, answer, NOW) is Result.OK}
    assert accepted == {challenge}


def test_another_tenants_key_opens_nothing(challenge: str) -> None:
    assert check(OTHER_KEY, challenge, digits(KEY, challenge), NOW) is Result.INVALID


def test_challenges_differ_and_their_digits_are_spread() -> None:
    ids = {new_challenge(KEY, NOW) for _ in range(500)}
    assert len(ids) == 500
    shown = [digits(KEY, challenge_id) for challenge_id in ids]
    assert len(set(shown)) > 400
    assert set("".join(shown)) == set("0123456789")


@pytest.mark.parametrize("length", [4, 5, 8])
def test_the_number_of_digits_is_chosen(length: int) -> None:
    challenge = new_challenge(KEY, NOW, length)
    assert len(digits(KEY, challenge)) == length
    assert check(KEY, challenge, digits(KEY, challenge), NOW) is Result.OK


@pytest.mark.parametrize("length", [0, 3, 9])
def test_other_lengths_are_refused(length: int) -> None:
    with pytest.raises(ValueError, match="4 to 8"):
        new_challenge(KEY, NOW, length)


def png_chunks(image: bytes) -> list[bytes]:
    found, at = [], 8
    while at < len(image):
        size = struct.unpack(">I", image[at : at + 4])[0]
        found.append(image[at + 4 : at + 8])
        at += 12 + size
    return found


@pytest.mark.parametrize("variant", range(6))
def test_the_picture_is_small_and_says_nothing_but_itself(variant: int) -> None:
    image = image_png("4071", variant)
    assert Image.open(BytesIO(image)).size == (220, 80)
    assert len(image) < 8000
    assert set(png_chunks(image)) == {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
    assert b"4071" not in image
    assert image != image_png("4071", variant)


@pytest.mark.parametrize("variant", range(15))
def test_the_ink_is_dark_on_light_and_each_digit_has_its_place(variant: int) -> None:
    picture = Image.open(BytesIO(image_png("8888", variant))).convert("L")
    for place in range(4):
        slot = picture.crop((10 + place * 50, 0, 60 + place * 50, 80))
        dark = sum(count for shade, count in enumerate(slot.histogram()) if shade < 90)
        assert 200 < dark < 2000
    assert contrast(captcha._INKS[variant % 5], captcha._PAPERS[variant % 3]) >= 7


def contrast(dark: tuple[int, ...], light: tuple[int, ...]) -> float:
    def luminance(colour: tuple[int, ...]) -> float:
        shares = [part / 255 for part in colour]
        red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    return (luminance(light) + 0.05) / (luminance(dark) + 0.05)


def spoken_parts(sound: bytes) -> list[int]:
    """Lengths in samples of the stretches that are not quiet for longer than 0.4 s."""
    parts, start, last = [], None, 0
    for at, sample in enumerate(sound):
        if abs(sample - 128) > 20:
            if start is not None and at - last > 3200:
                parts.append(last - start)
                start = at
            start = at if start is None else start
            last = at
    return [*parts, last - start] if start is not None else parts


@pytest.mark.parametrize("shown", ["0123", "4567", "89898989", "11111"])
def test_every_digit_is_heard_apart(shown: str) -> None:
    sound = audio_wav(shown)
    with wave.open(BytesIO(sound)) as reader:
        assert (reader.getnchannels(), reader.getsampwidth(), reader.getframerate()) == (1, 1, 8000)
        seconds = reader.getnframes() / 8000
        parts = spoken_parts(reader.readframes(-1))
    assert len(parts) == len(shown)
    assert all(500 < part < 4500 for part in parts)
    assert len(shown) < seconds < 2 * len(shown) + 2
    assert sound[36:40] == b"data"
    assert shown.encode() not in sound
    assert sound != audio_wav(shown)


@pytest.mark.parametrize("shown", ["", "123", "123456789", "12a4", "１２３４", "12\n4", "../4"])
def test_only_a_few_digits_are_drawn_or_spoken(shown: str) -> None:
    for render in (image_png, audio_wav):
        with pytest.raises(ValueError, match="digits"):
            render(shown)


def test_rendering_stays_within_a_few_megabytes() -> None:
    image_png("12345678")
    audio_wav("12345678")
    tracemalloc.start()
    for _ in range(5):
        image_png("12345678")
        audio_wav("12345678")
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4_000_000
    assert kept < 1_000_000
