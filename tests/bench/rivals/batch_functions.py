"""What a batch calls on each object."""

import io


def same(data: bytes) -> bytes:
    return data


def light(data: bytes) -> bytes:
    return data[:1024]


def thumbnail(data: bytes) -> bytes:
    from PIL import Image

    image = Image.open(io.BytesIO(data))
    image.thumbnail((64, 64))
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()
