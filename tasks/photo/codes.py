"""Every reason why a photo can't be used, in words a parent understands: what is wrong, and what to do."""

from tasks.errors import PhotoRefused

SENTENCES: dict[str, str] = {
    # the file
    "empty": "This file is empty. Please choose the photo again.",
    "only_zeros": "This file is hollow: its download was not finished. Please download it again.",
    "too_large_bytes": "This file is larger than 25 MB. Please send the photo in a smaller size.",
    "html_page": "This is a saved web page, not a photo. Please open the photo itself and save that.",
    "text_file": "This file holds text, not a photo. Please choose a photo: JPEG, PNG, WEBP, HEIC or AVIF.",
    "svg_drawing": "This is an SVG drawing. Please choose a photo: JPEG, PNG, WEBP, HEIC or AVIF.",
    "pdf_document": "This is a PDF document. Please save the photo from it as a JPEG and send that.",
    "office_document": "This is an office document. Please save the photo from it as a picture.",
    "archive": "This is a packed archive, such as ZIP. Please unpack it and send the photo itself.",
    "locked_file": "This file is locked by a password. Please send the photo without a password.",
    "video": "This is a video. Please send a photo, or a screenshot of a good moment of the video.",
    "sound": "This is a sound recording. Please choose a photo.",
    "program": "This is a program, not a photo. Please choose a photo.",
    "gif": "GIF pictures can't be used. Please send the photo as a JPEG or PNG.",
    "bmp": "BMP pictures can't be used. Please save the photo as JPEG or PNG and send that.",
    "tiff": "TIFF pictures can't be used. Please save the photo as JPEG or PNG and send that.",
    "jpeg_2000": "JPEG 2000 pictures can't be used. Please save the photo as a normal JPEG and send that.",
    "jpeg_xl": "JPEG XL pictures can't be used. Please save the photo as a normal JPEG and send that.",
    "raw_photo": "This is a camera's raw file. Please export the photo as JPEG and send that.",
    "layered_picture": "This is a Photoshop file. Please export it as JPEG or PNG and send that.",
    "unsupported_format": "This kind of picture can't be used. Please save it as JPEG or PNG and send that.",
    "not_an_image": "This is no photo that we know. Please choose one: JPEG, PNG, WEBP, HEIC or AVIF.",
    # the picture in it
    "truncated": "The end of this photo is missing, as after a broken download. Please send it again.",
    "corrupt": "This photo is damaged and can't be opened. Please send another copy of it.",
    "heic_unreadable": "This HEIC photo can't be opened here. Please save it as JPEG and send that.",
    "unusual_jpeg": "This is a rare kind of JPEG, made for archives. Please save it as a normal one.",
    "unsupported_colour": "The colours of this picture are stored in an odd way. Please save it as a JPEG.",
    "too_many_scans": "This JPEG is packed in far too many layers. Please save it as a normal JPEG.",
    "too_many_chunks": "This file is packed in far too many pieces. Please save the photo as a JPEG.",
    "too_many_pixels": "This picture has too many pixels. Please scale it down: 4000 pixels wide is plenty.",
    "decode_too_heavy": "This picture takes too much memory to open. Please save it as a normal JPEG.",
    "decode_timeout": "Opening this picture took too long. Please save it as a normal JPEG and send that.",
    "too_small": "This picture is too small. Please send a larger one: each side at least 128 pixels.",
    "too_narrow": "This picture is a very long strip. Please crop it around the person and send that.",
    "blank": "This picture is a single plain colour. Please check that it is the right photo.",
    # the person in it
    "no_face": "We can't find a face. Please send a photo in which the person looks towards the camera.",
    "several_faces": "Several people are equally in view. Please say which one is meant, or crop the photo.",
    "no_such_face": "There are fewer people in the photo than the number you chose. Please choose again.",
    "chosen_elsewhere": "The person was chosen in another photo. Please choose again in this one.",
    "faces_too_close": "Somebody else is too close to this face. Please crop the photo around the person.",
    "face_too_small": "The face is too far away to be drawn well. Please send a photo taken from closer.",
    "face_cut_off": "The face is cut off by the photo's edge. Please send one with the whole head.",
    "face_turned_away": "The face is turned away. Please send a photo in which both eyes can be seen.",
    "too_dark": "The photo is too dark to see the face. Please take it again with more light.",
    "too_bright": "The photo is too bright to see the face. Please take it again in softer light.",
    "too_blurry": "The photo is too blurry to see the face. Please hold still and take it again.",
    "low_contrast": "The photo is as pale as fog. Please send one in which the face stands out.",
}

WARNINGS: dict[str, str] = {
    "cut_short": "Part of this photo is missing. What is there was taken; another copy may have it all.",
    "animated": "The picture is animated; its first moment was taken.",
    "print_colours": "The photo's colours are meant for print and may look different on the screen.",
    "other_faces": "There are other people in the photo; the one who is most in view was taken.",
    "turned": "The photo was not upright; it was turned so that the person is.",
    "small_face": "The face is small in the photo: a closer photo would look more like the person.",
    "tight_crop": "Part of the head is outside the photo: one with the whole head would be better.",
    "side_view": "The face is turned to the side: a photo from the front would look more like the person.",
    "dim": "The photo is dim: with more light the colours would be truer.",
    "glaring": "Parts of the face are very bright: with softer light the colours would be truer.",
    "drawing": "This looks like a drawing. If you have a photo of the person, please send that instead.",
    "soft": "The photo is a little blurry: a sharper one would look more like the person.",
}


class SeveralFaces(PhotoRefused):
    """It is unclear who is meant: `faces` people are in view, counted from the left by `face=1` and up."""

    def __init__(self, faces: int) -> None:
        super().__init__(SENTENCES["several_faces"], code="several_faces")
        self.faces = faces


def refusal(code: str) -> PhotoRefused:
    """The error for `code`, which must be in the table."""
    return PhotoRefused(SENTENCES[code], code=code)
