"""What kind of file this is, by its first bytes: a polite answer for each kind that is not a photo.

Only a hint: whether a file really is the picture it says it is, the decoder decides.
"""

import re
import struct

from tasks.photo.codes import refusal

MAX_BYTES = 25 * 1024 * 1024

# Bytes at an offset -> a format that is taken (upper case) or the code of its refusal.
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"GIF87a", "gif"),
    (0, b"GIF89a", "gif"),
    (0, b"%PDF-", "pdf_document"),
    (0, b"8BPS", "layered_picture"),
    (0, b"II*\0\x10\0\0\0CR", "raw_photo"),
    (0, b"IIRO", "raw_photo"),
    (0, b"IIRS", "raw_photo"),
    (0, b"IIU\0", "raw_photo"),
    (0, b"FUJIFILMCCD-RAW", "raw_photo"),
    (0, b"FOVb", "raw_photo"),
    (0, b"\0MRM", "raw_photo"),
    (0, b"II*\0", "tiff"),
    (0, b"MM\0*", "tiff"),
    (0, b"II+\0", "tiff"),
    (0, b"MM\0+", "tiff"),
    (0, b"7z\xbc\xaf\x27\x1c", "archive"),
    (0, b"Rar!\x1a\x07", "archive"),
    (0, b"\x1f\x8b", "archive"),
    (0, b"BZh", "archive"),
    (0, b"\xfd7zXZ\0", "archive"),
    (0, b"\x28\xb5\x2f\xfd", "archive"),
    (257, b"ustar", "archive"),
    (0, b"-----BEGIN PGP", "locked_file"),
    (0, b"age-encryption.org/", "locked_file"),
    (0, b"Salted__", "locked_file"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "office_document"),
    (0, b"{\\rtf", "office_document"),
    (0, b"\x1aE\xdf\xa3", "video"),
    (0, b"\0\0\x01\xba", "video"),
    (0, b"\0\0\x01\xb3", "video"),
    (0, b"FLV\x01", "video"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video"),
    (0, b"ID3", "sound"),
    (0, b"fLaC", "sound"),
    (0, b"OggS", "sound"),
    (0, b"FORM", "sound"),
    (0, b"\x7fELF", "program"),
    (0, b"\xca\xfe\xba\xbe", "program"),
    (0, b"\xcf\xfa\xed\xfe", "program"),
    (0, b"\0\0\0\x0cJXL ", "jpeg_xl"),
    (0, b"\xff\x0a", "jpeg_xl"),
    (0, b"\0\0\0\x0cjP  ", "jpeg_2000"),
    (0, b"\xff\x4f\xff\x51", "jpeg_2000"),
    (0, b"\0\0\x01\0", "unsupported_format"),
    (0, b"icns", "unsupported_format"),
    (0, b"qoif", "unsupported_format"),
    (0, b"DDS ", "unsupported_format"),
    (0, b"%!PS", "unsupported_format"),
    (0, b"\xd7\xcd\xc6\x9a", "unsupported_format"),
)
_RIFF = {b"WEBP": "WEBP", b"AVI ": "video", b"WAVE": "sound"}
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIF_BOXES = {b"ftyp", b"meta", b"mdat", b"moov", b"free", b"skip", b"uuid", b"idat", b"mpvd"}
_SOUND_BRANDS = {b"M4A ", b"M4B "}
_RAW_TAGS = {0x014A, 0xC612}  # SubIFDs (NEF, ARW and kin keep the raw picture there) and DNGVersion
_OFFICE_PARTS = (b"[Content_Types].xml", b"word/", b"xl/", b"ppt/", b"application/vnd.oasis")


def photo_format(data: bytes, *, most: int = MAX_BYTES) -> str:
    """JPEG, PNG, WEBP, HEIF or AVIF; raises PhotoRefused with the code that fits any other file, and for one
    of more than `most` bytes.
    """
    if not data:
        raise refusal("empty")
    if len(data) > most:
        raise refusal("too_large_bytes")
    kind = _kind(data)
    if not kind.isupper():
        raise refusal(kind)
    return kind


def ends_too_early(data: bytes, kind: str) -> bool:
    """Whether the container says that more bytes should follow."""
    if kind == "JPEG":
        return b"\xff\xd9" not in data[-65536:]  # phones append things after the end
    if kind == "PNG":
        return b"IEND" not in data[-65536:]
    if kind == "WEBP":
        return len(data) < struct.unpack_from("<I", data, 4)[0] + 8 if len(data) >= 8 else True
    return _boxes_end(data) > len(data)


def _kind(data: bytes) -> str:
    found = next((kind for at, magic, kind in _SIGNATURES if data.startswith(magic, at)), None)
    if found == "tiff":
        return "raw_photo" if _holds_raw(data) else "tiff"
    if found == "pdf_document":
        return "locked_file" if b"/Encrypt" in data else found
    if found == "office_document":
        return "locked_file" if b"E\0n\0c\0r\0y\0p\0t\0" in data else found
    if found:
        return found
    return _chunked_kind(data) or _text_kind(data) or _last_guess(data)


def _chunked_kind(data: bytes) -> str | None:
    if data[:4] == b"RIFF":
        return _RIFF.get(data[8:12], "not_an_image")
    if data[4:8] == b"ftyp":
        return _brand_kind(data)
    if data[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "video"
    if data[:2] == b"PK":
        return _zip_kind(data)
    return None


def _brand_kind(data: bytes) -> str:
    box = data[8 : min(int.from_bytes(data[:4], "big"), 256)]
    major, brands = box[:4], {box[at : at + 4] for at in range(0, len(box), 4)}
    if brands & _AVIF_BRANDS:
        return "AVIF"
    if major == b"crx ":
        return "raw_photo"
    if major in _HEIF_BRANDS or (brands & _HEIF_BRANDS and not brands & {b"isom", b"mp42", b"qt  "}):
        return "HEIF"
    return "sound" if major in _SOUND_BRANDS else "video"


def _zip_kind(data: bytes) -> str:
    if data[:4] == b"PK\x03\x04" and len(data) > 8 and data[6] & 1:
        return "locked_file"
    return "office_document" if any(part in data for part in _OFFICE_PARTS) else "archive"


def _text_kind(data: bytes) -> str | None:
    start = data[:4096]
    try:
        text = start.decode("utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(start) - 4 or error.start == 0:  # not just a letter cut in half
            return None
        text = start[: error.start].decode("utf-8-sig", "replace")
    if re.search(r"[\x00-\x08\x0e-\x1f]", text):
        return None
    if re.search(r"<svg[\s>]", text, re.IGNORECASE):
        return "svg_drawing"
    if re.search(r"<(!doctype\s+html|html|head|body|script)[\s>]", text, re.IGNORECASE):
        return "html_page"
    return "text_file"


def _last_guess(data: bytes) -> str:
    if not data.strip(b"\0"):
        return "only_zeros"
    if data[:2] == b"BM" and data[6:10] == b"\0\0\0\0":
        return "bmp"
    if data[:2] == b"MZ":
        return "program"
    if data[0] == 0xFF and len(data) > 1 and data[1] & 0xE6 == 0xE2:  # an MPEG audio frame
        return "sound"
    return "not_an_image"


def _holds_raw(data: bytes) -> bool:
    order = "<" if data[:2] == b"II" else ">"
    try:
        start = struct.unpack_from(f"{order}I", data, 4)[0]
        count = struct.unpack_from(f"{order}H", data, start)[0]
        tags = {struct.unpack_from(f"{order}H", data, start + 2 + 12 * n)[0] for n in range(min(count, 256))}
    except struct.error:
        return False
    return bool(tags & _RAW_TAGS)


def _boxes_end(data: bytes) -> int:
    at = 0
    for _ in range(256):
        if at + 8 > len(data):
            break
        size = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] not in _HEIF_BOXES:
            break  # something that was appended
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size < 8:  # 0 means "to the end"
            return len(data)
        at += size
    return at
