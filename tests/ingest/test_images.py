"""What an image is, from its bytes; and that no bytes do worse than being refused."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.ingest.images import LONGEST_SIDE, MOST_PARTS, ImageFacts, ImageRefused, read_image
from tests.pictures import avif, box, exif, extent, jpeg, png

FOLDER = Path(__file__).parent.parent / "golden" / "images"
"""Pictures that libjpeg, libpng, libwebp and libavif wrote; a browser shows them in these sizes."""
SIZES = {
    "plain.png": (3, 2),
    "moving.png": (40, 20),
    "plain.gif": (3, 2),
    "upright.jpg": (40, 20),
    "turned.jpg": (20, 40),
    "progressive.jpg": (40, 20),
    "lossy.webp": (3, 2),
    "lossless.webp": (40, 20),
    "extended.webp": (31, 17),
    "plain.avif": (3, 2),
    "turned.avif": (20, 40),
    "see-through.avif": (31, 17),
    "moving.avif": (40, 20),
}
TYPES = {"png": "image/png", "gif": "image/gif", "jpg": "image/jpeg", "webp": "image/webp", "avif": "image/avif"}
REAL = [path.read_bytes() for path in sorted(FOLDER.iterdir())]


def size(body: bytes) -> tuple[int, int]:
    facts = read_image(body)
    return facts.width, facts.height


def refusal(body: bytes) -> str:
    with pytest.raises(ImageRefused) as refused:
        read_image(body)
    return str(refused.value)


class TestSizes:
    @pytest.mark.parametrize("name", SIZES)
    def test_as_a_browser_shows_it(self, name: str) -> None:
        ending = name.partition(".")[2]
        assert read_image((FOLDER / name).read_bytes()) == ImageFacts(TYPES[ending], ending, *SIZES[name])

    def test_every_picture_of_the_folder_is_looked_at(self) -> None:
        assert {path.name for path in FOLDER.iterdir()} == set(SIZES)

    @pytest.mark.parametrize("order", ["<", ">"])
    @pytest.mark.parametrize("orientation", range(10))
    def test_a_photograph_that_lies_on_its_side_is_stood_up(self, orientation: int, order: str) -> None:
        lies = orientation in (5, 6, 7, 8)
        assert size(jpeg(40, 20, exif(orientation, order))) == ((20, 40) if lies else (40, 20))

    @pytest.mark.parametrize(
        "block", [b"", b"II", b"II*\0", b"XX*\0\0\0\0\x08", b"MM\0*\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff"]
    )
    def test_exif_that_makes_no_sense_turns_nothing(self, block: bytes) -> None:
        segment = b"\xff\xe1" + struct.pack(">H", len(block) + 8) + b"Exif\0\0" + block
        assert size(jpeg(40, 20, segment)) == (40, 20)

    def test_what_stands_before_the_frame_of_a_jpeg_is_passed_over(self) -> None:
        comment = b"\xff\xfe\0\x06\xff\xc0\0\0"
        assert size(jpeg(40, 20, comment, b"\xff\xff\xff\xdb\0\x04xy", b"\xff\x01", frame=0xC2)) == (40, 20)

    def test_tables_are_no_frames(self) -> None:
        assert size(jpeg(40, 20, b"\xff\xc4\0\x08\0\0\0\x09\0\x09", b"\xff\xcc\0\x08\0\0\0\x09\0\x09")) == (40, 20)

    def test_the_largest_of_an_avif_is_the_picture(self) -> None:
        assert size(avif(extent(160, 120), extent(4000, 3000), extent(512, 512))) == (4000, 3000)

    @pytest.mark.parametrize(("angle", "shown"), [(0, (40, 20)), (1, (20, 40)), (2, (40, 20)), (3, (20, 40))])
    def test_an_avif_may_be_turned(self, angle: int, shown: tuple[int, int]) -> None:
        assert size(avif(extent(40, 20), box(b"irot", bytes([angle])))) == shown

    def test_boxes_of_any_kind_stand_before_the_one_that_is_looked_for(self) -> None:
        long = struct.pack(">I4sQ", 1, b"free", 20) + b"free"
        assert size(avif(box(b"free"), long, extent(40, 20))) == (40, 20)
        last = avif(extent(40, 20)).replace(struct.pack(">I4s", 20, b"ispe"), struct.pack(">I4s", 0, b"ispe"))
        assert size(last) == (40, 20), "a length of 0 is all that is left"


class TestRefusals:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            b"<!doctype html><title>Not found</title>",
            b"BM" + bytes(60),
            b"\0\0\1\0" + bytes(60),
            b"II*\0" + bytes(60),
            b"RIFF\0\0\0\0WAVE" + bytes(60),
            box(b"ftyp", b"heic", bytes(4), b"mif1") + bytes(60),
            box(b"ftyp", b"mp42", bytes(4)) + bytes(60),
        ],
    )
    def test_other_formats(self, body: bytes) -> None:
        assert refusal(body) == "it is no JPEG, PNG, GIF, WebP or AVIF image"

    @pytest.mark.parametrize("body", REAL)
    def test_a_head_that_is_cut_off(self, body: bytes) -> None:
        assert refusal(body[: 9 if body.startswith(b"GIF") else 14]).startswith("it is ")

    @pytest.mark.parametrize(("width", "height"), [(0, 5), (5, 0), (LONGEST_SIDE + 1, 1), (20_000, 20_000)])
    def test_no_size_or_one_that_takes_a_browser_down(self, width: int, height: int) -> None:
        head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height)
        assert f"it is {width} × {height} pixels" in refusal(head)

    def test_a_png_that_begins_with_something_else(self) -> None:
        assert "damaged PNG" in refusal(png().replace(b"IHDR", b"CgBI"))

    def test_a_webp_without_a_picture(self) -> None:
        assert "damaged WebP" in refusal(b"RIFF\0\0\0\0WEBPVP8 " + bytes(40))
        assert "damaged WebP" in refusal(b"RIFF\0\0\0\0WEBPEXIF" + bytes(40))

    @pytest.mark.parametrize("segment", [b"\xff\xda\0\x02", b"\xff\xd9\0\x02", b"\xff\xe0\0\x01", b"xx"])
    def test_a_jpeg_whose_frame_does_not_come(self, segment: bytes) -> None:
        assert "without a frame" in refusal(b"\xff\xd8\xff\xe0\0\x02" + segment + jpeg(40, 20)[2:])

    # Broken once by leaving the bound out: ten megabytes of empty segments were looked at for seconds.
    @pytest.mark.parametrize("part", [b"\xff", b"\xff\xd0", b"\xff\xe0\0\x02"])
    def test_a_jpeg_that_never_ends_is_left_early(self, part: bytes) -> None:
        assert size(jpeg(40, 20, part * (MOST_PARTS // 2 - 1))) == (40, 20)
        assert "without a frame" in refusal(jpeg(40, 20, part * MOST_PARTS))

    def test_an_avif_without_a_size_or_with_parts_that_do_not_fit(self) -> None:
        assert "does not tell its size" in refusal(avif())
        assert "do not fit" in refusal(avif(struct.pack(">I4s", 4, b"ispe")))
        assert "do not fit" in refusal(avif(struct.pack(">I4s", 4_000, b"ispe")))
        assert "do not fit" in refusal(avif(struct.pack(">I4sQ", 1, b"free", 2**64 - 1)))
        assert "damaged avif" in refusal(avif(box(b"ispe", bytes(4), b"\0\0")))


class TestAnyBytes:
    @given(st.sampled_from(REAL), st.data())
    def test_a_real_picture_with_bytes_changed_is_read_or_refused(self, body: bytes, data: st.DataObject) -> None:
        changed = bytearray(body)
        for _ in range(data.draw(st.integers(1, 8))):
            changed[data.draw(st.integers(0, min(len(body), 400) - 1))] = data.draw(st.integers(0, 255))
        cut = data.draw(st.integers(0, len(body)))
        self.read_or_refused(bytes(changed[:cut]))

    @given(st.sampled_from([body[:16] for body in REAL] + [b"\xff\xd8\xff", avif()[:12]]), st.binary(max_size=300))
    def test_whatever_follows_a_signature_is_read_or_refused(self, head: bytes, rest: bytes) -> None:
        self.read_or_refused(head + rest)

    def read_or_refused(self, body: bytes) -> None:
        try:
            facts = read_image(body)
        except ImageRefused as refused:
            assert str(refused).startswith("it is ")
        else:
            assert facts.content_type == TYPES[facts.ending]
            assert 0 < facts.width <= LONGEST_SIDE
            assert 0 < facts.height <= LONGEST_SIDE
