"""Decoding a stranger's file: the same picture whatever it was packed in, and no harm whatever it is."""

import io
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from tasks.errors import DecoderBusy, PhotoRefused, StorykinError
from tasks.photo import decode
from tasks.photo.codes import SENTENCES
from tasks.photo.decode import decode_photo, encode_jpeg, finished_picture
from tests.support.bad_photos import encoded, pixels_of, png_of, scene

CORNERS = Image.new("RGB", (400, 300), "white")
CORNERS.paste((255, 0, 0), (0, 0, 200, 150))  # red at the top left, blue at the top right
CORNERS.paste((0, 0, 255), (200, 0, 400, 150))


def corner(pixels: NDArray[np.uint8], left: float, top: float) -> tuple[int, ...]:
    height, width = pixels.shape[:2]
    return tuple(int(value) for value in pixels[int(top * height), int(left * width)])


def looks_like(pixels: NDArray[np.uint8], colors: list[tuple[int, int, int]], tolerance: int = 12) -> bool:
    """Whether the four corners (top left, top right, bottom left, bottom right) have these colors."""
    places = [(0.2, 0.2), (0.8, 0.2), (0.2, 0.8), (0.8, 0.8)]
    seen = [corner(pixels, *place) for place in places]
    return bool((np.abs(np.array(seen) - np.array(colors)) <= tolerance).all())


RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)
UPRIGHT = [RED, BLUE, WHITE, WHITE]


class TestTheSamePictureFromAnyPacking:
    @pytest.mark.parametrize(
        ("kind", "options"),
        [
            ("JPEG", {"quality": 95}),
            ("JPEG", {"quality": 95, "progressive": True}),
            ("PNG", {}),
            ("WEBP", {"quality": 95}),
            ("WEBP", {"lossless": True}),
            ("HEIF", {"quality": 95}),
        ],
    )
    def test_every_format(self, kind: str, options: dict[str, object]) -> None:
        decoded = decode_photo(encoded(CORNERS, kind, **options))

        assert decoded.pixels.shape == (300, 400, 3)
        assert looks_like(decoded.pixels, UPRIGHT)

    @pytest.mark.parametrize("mode", ["RGBA", "P", "CMYK", "L", "LA", "1"])
    def test_every_colour_mode(self, mode: str) -> None:
        kind = "JPEG" if mode == "CMYK" else "PNG"
        picture = CORNERS.convert("L").convert("LA") if mode == "LA" else CORNERS.convert(mode)
        expected = UPRIGHT
        if mode in ("L", "LA"):
            expected = [(76,) * 3, (29,) * 3, WHITE, WHITE]
        pixels = decode_photo(encoded(picture, kind)).pixels

        if mode == "1":
            assert looks_like(pixels[150:], [WHITE] * 4)
        else:
            assert looks_like(pixels, expected)

    def test_sixteen_bits_keep_their_greys(self) -> None:
        ramp = np.linspace(0, 65535, 512, dtype=np.uint16)[None, :].repeat(300, 0)
        file = io.BytesIO()
        Image.fromarray(ramp).save(file, "PNG")

        pixels = decode_photo(file.getvalue()).pixels

        assert np.abs(pixels[150, :, 0].astype(int) - ramp[150] // 257).max() <= 1

    @pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
    def test_what_is_see_through_lies_on_white(self, mode: str) -> None:
        picture = Image.new("RGBA", (400, 300), (10, 20, 30, 0))
        picture.paste((200, 0, 0, 255), (0, 0, 200, 300))
        if mode == "P":
            picture = picture.convert("P")
            picture.info["transparency"] = picture.getpixel((300, 10))
        elif mode == "LA":
            picture = picture.convert("LA")

        pixels = decode_photo(encoded(picture, "PNG")).pixels

        assert corner(pixels, 0.9, 0.5) == WHITE
        assert corner(pixels, 0.1, 0.5) != WHITE

    def test_a_colour_profile_is_applied(self) -> None:
        profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
        red, blue = profile.index(b"rXYZ", 128), profile.index(b"bXYZ", 128)
        profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"  # red is blue here

        decoded = decode_photo(encoded(CORNERS, "PNG", icc_profile=bytes(profile)))

        assert looks_like(decoded.pixels, [BLUE, RED, WHITE, WHITE])

    def test_a_damaged_profile_is_ignored(self) -> None:
        assert looks_like(decode_photo(encoded(CORNERS, "PNG", icc_profile=b"junk" * 40)).pixels, UPRIGHT)

    @pytest.mark.parametrize(
        ("kind", "orientation"),
        [
            *(("JPEG", turn) for turn in range(1, 9)),
            *(("HEIF", turn) for turn in range(2, 9)),
            ("PNG", 6),
            ("WEBP", 6),
        ],
    )
    def test_every_turn_of_a_phone_is_turned_back(self, kind: str, orientation: int) -> None:
        undo = {
            2: Image.Transpose.FLIP_LEFT_RIGHT,
            3: Image.Transpose.ROTATE_180,
            4: Image.Transpose.FLIP_TOP_BOTTOM,
            5: Image.Transpose.TRANSPOSE,
            6: Image.Transpose.ROTATE_90,
            7: Image.Transpose.TRANSVERSE,
            8: Image.Transpose.ROTATE_270,
        }
        stored = CORNERS.transpose(undo[orientation]) if orientation > 1 else CORNERS
        exif = Image.Exif()
        exif[0x0112] = orientation

        decoded = decode_photo(encoded(stored, kind, exif=exif.tobytes()))

        assert decoded.pixels.shape == (300, 400, 3)
        assert looks_like(decoded.pixels, UPRIGHT, tolerance=16)

    def test_a_damaged_orientation_is_ignored(self) -> None:
        decoded = decode_photo(encoded(CORNERS, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff"))

        assert decoded.pixels.shape == (300, 400, 3)

    def test_a_phone_s_second_view_is_left_out(self) -> None:
        file = io.BytesIO()
        CORNERS.save(file, "MPO", save_all=True, append_images=[CORNERS.rotate(180)], quality=95)

        assert looks_like(decode_photo(file.getvalue()).pixels, UPRIGHT)

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
    def test_large_photos_come_out_at_2048_pixels(self, kind: str) -> None:
        large = CORNERS.resize((2400, 1800))

        decoded = decode_photo(encoded(large, kind))

        assert decoded.pixels.shape == (1536, 2048, 3)
        assert decoded.original_size == (2400, 1800)
        assert looks_like(decoded.pixels, UPRIGHT)

    def test_small_photos_are_not_blown_up(self) -> None:
        assert decode_photo(encoded(scene(300, 260))).pixels.shape == (260, 300, 3)

    def test_a_part_comes_with_the_full_detail_of_the_file(self) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6
        stored = CORNERS.resize((2800, 2100)).transpose(Image.Transpose.ROTATE_90)

        part = decode_photo(encoded(stored, exif=exif.tobytes()), crop=(0.25, 0.0, 0.75, 0.5)).pixels

        assert part.shape == (1050, 1400, 3)
        assert looks_like(part, [RED, BLUE, RED, BLUE])

    def test_the_same_bytes_give_the_same_pixels(self) -> None:
        data = encoded(scene(3000, 2000))

        assert encode_jpeg(decode_photo(data).pixels) == encode_jpeg(decode_photo(data).pixels)


class TestHostileFiles:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
    def test_a_file_with_a_few_wrong_bytes_is_a_photo_or_a_sentence(self, kind: str) -> None:
        chance = random.Random(kind)
        good = encoded(scene(272, 264), kind)
        for _ in range(5):
            data = bytearray(good)
            for _ in range(chance.randint(1, 12)):
                data[chance.randrange(12, len(data))] = chance.randrange(256)
            try:
                assert decode_photo(bytes(data)).pixels.ndim == 3
            except PhotoRefused as refused:
                assert refused.code in SENTENCES

    def test_a_bomb_of_21_kilobytes_takes_no_memory(self) -> None:
        bomb = png_of(13300, 13300)
        assert len(bomb) < 22_000

        verdict, ours, childs = memory_to_decode(bomb)

        assert verdict == "too_many_pixels"
        assert ours < 100 and childs < 100, "megabytes, where a plain decoder takes 860"

    @pytest.mark.parametrize(
        ("name", "made"),
        [
            ("see-through PNG", lambda: png_of(6300, 6300, bits=8, color=6)),
            (
                "WEBP",
                lambda: encoded(Image.new("RGB", (4990, 4990)), "WEBP", lossless=True, method=0, quality=0),
            ),
            ("JPEG", lambda: encoded(Image.new("L", (10900, 10900)))),
            ("progressive JPEG", lambda: encoded(Image.new("L", (7000, 7000)), progressive=True)),
        ],
    )
    def test_the_largest_pictures_that_are_taken_take_bounded_memory(
        self, name: str, made: Callable[[], bytes]
    ) -> None:
        verdict, ours, childs = memory_to_decode(made())

        assert verdict == "(2048, 2048, 3)"
        assert ours < 150 and childs < 500, "megabytes"

    @pytest.mark.parametrize(
        "made",
        [
            lambda: png_of(6400, 6400),
            lambda: encoded(Image.new("L", (7100, 7100)), progressive=True),
            lambda: encoded(Image.new("RGB", (5010, 5010)), "WEBP", lossless=True, method=0, quality=0),
        ],
        ids=["PNG", "progressive JPEG", "WEBP"],
    )
    def test_a_little_more_is_too_many(self, made: Callable[[], bytes]) -> None:
        with pytest.raises(PhotoRefused) as error:
            decode_photo(made())
        assert error.value.code == "too_many_pixels"

    @pytest.mark.parametrize(
        ("what_happens", "code"),
        [
            ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "corrupt"),
            ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "decode_too_heavy"),
            ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", "decode_timeout"),
            ("raise SystemExit(3)", "corrupt"),
            ("import sys; sys.stdin.buffer.read()", "corrupt"),
        ],
    )
    def test_a_decoder_that_dies_harms_no_one(
        self, what_happens: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "child.py").write_text(what_happens)
        monkeypatch.setattr(decode, "DECODER_PROGRAM", tmp_path / "child.py")

        with pytest.raises(PhotoRefused) as error:
            decode_photo(encoded(scene()))
        assert error.value.code == code

    def test_a_missing_library_is_not_blamed_on_the_photo(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "child.py").write_text("import no_such_library")
        monkeypatch.setattr(decode, "DECODER_PROGRAM", tmp_path / "child.py")

        with pytest.raises(StorykinError) as error:
            decode_photo(encoded(scene()))
        assert error.value.code == "decoder_broken"
        assert not isinstance(error.value, PhotoRefused)

    def test_a_decoder_that_hangs_is_stopped(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "child.py").write_text("import signal; signal.pause()")
        monkeypatch.setattr(decode, "DECODER_PROGRAM", tmp_path / "child.py")
        monkeypatch.setattr(decode, "TIMEOUT_SECONDS", 0.3)

        with pytest.raises(DecoderBusy) as error:
            decode_photo(encoded(scene()))
        assert error.value.code == "busy"

    @pytest.mark.parametrize(
        ("attempt", "code"),
        [
            ("bytearray(2 << 30)", "decode_too_heavy"),
            ("open('/tmp/storykin-was-here', 'w').write('x')", "corrupt"),
        ],
        ids=["memory", "files"],
    )
    def test_the_decoding_process_is_fenced_in(
        self, attempt: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = decode.DECODER_PROGRAM
        (tmp_path / "child.py").write_text(
            f"import sys; sys.path.insert(0, {str(real.parent)!r}); import sandbox\n"
            f"sandbox.opened = lambda data, request: {attempt}\n"
            "sandbox.main()\n"
        )
        monkeypatch.setattr(decode, "DECODER_PROGRAM", tmp_path / "child.py")

        with pytest.raises(PhotoRefused) as error:
            decode_photo(encoded(scene()))
        assert error.value.code == code

    def test_no_secret_of_ours_reaches_the_decoding_process(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
        (tmp_path / "child.py").write_text(
            "import os, json; print(json.dumps({'width': 1, 'height': 1, 'original_size': [1, 1]}))\n"
            "print('sec' if 'OPENAI_API_KEY' in os.environ else 'ok.', end='')"
        )
        monkeypatch.setattr(decode, "DECODER_PROGRAM", tmp_path / "child.py")

        assert bytes(decode_photo(encoded(scene())).pixels) == b"ok."


MEASURE = """
import resource, sys
from tasks.errors import DecoderBusy, PhotoRefused, StorykinError
from tasks.photo.decode import decode_photo
data = sys.stdin.buffer.read()
try:
    verdict = decode_photo(data).pixels.shape
except PhotoRefused as refused:
    verdict = refused.code
own = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(verdict, own // 1024, child // 1024, sep="|")
"""


def memory_to_decode(data: bytes) -> tuple[str, int, int]:
    """The verdict on a photo, and the peak memory in MB of who asked and of who decoded.

    Asked by a fresh process: what a parent ever used counts as used by its children.
    """
    done = subprocess.run([sys.executable, "-c", MEASURE], input=data, capture_output=True, check=True)
    verdict, own, child = done.stdout.decode().strip().split("|")
    return verdict, int(own), int(child)


class TestFinishedPictures:
    @pytest.mark.parametrize(
        ("kind", "content_type"),
        [
            ("JPEG", "image/jpeg"),
            ("PNG", "image/png"),
            ("WEBP", "image/webp"),
            ("AVIF", "image/avif"),
            ("HEIF", "image/heic"),
        ],
    )
    def test_their_type_is_that_of_their_bytes(self, kind: str, content_type: str) -> None:
        assert finished_picture(encoded(scene(100, 100), kind)).content_type == content_type

    @pytest.mark.parametrize("kind", ["GIF", "TIFF"])
    def test_what_no_browser_shows_is_refused(self, kind: str) -> None:
        with pytest.raises(PhotoRefused):
            finished_picture(encoded(scene(300, 300), kind))


def test_our_jpegs_hold_pixels_and_nothing_else() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Secret Camera Maker"
    exif.get_ifd(0x8825)[1] = "N"
    data = encoded(scene(), exif=exif.tobytes(), comment=b"secret comment", icc_profile=b"secret" * 40)
    assert b"secret" in data.lower()

    kept = encode_jpeg(decode_photo(data).pixels)

    assert b"secret" not in kept.lower()
    header = kept[: kept.index(b"\xff\xda")]
    assert b"Exif" not in header and b"ICC_PROFILE" not in header and b"GPS" not in header
    with Image.open(io.BytesIO(kept)) as image:
        assert not image.getexif() and set(image.info) <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
        }
    assert np.abs(pixels_of(kept).astype(int) - decode_photo(data).pixels).mean() < 4
