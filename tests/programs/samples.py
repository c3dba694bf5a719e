"""Files that programs are given: made here, byte by byte, so that no package is needed for it."""

import array
import io
import struct
import tarfile
import zipfile
import zlib


def png(width, height, rows=None):
    """A picture, all red, as the simplest PNG file there is; with fewer rows it is cut off."""

    def chunk(kind, data):
        end = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + end

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    lines = b"".join(b"\0" + b"\xff\0\0" * width for _ in range(rows or height))
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def pdf(text, name, embedded):
    """A document of one page, with another file in it."""
    page = zlib.compress(b"BT /F1 12 Tf 10 100 Td (%s) Tj ET" % text)
    flate = b"<< /Filter /FlateDecode /Length %d >> stream\n%s\nendstream"
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [(%s) 6 0 R] >> >> >>"
        % name,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        flate % (len(page), page),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Type /Filespec /F (%s) /EF << /F 7 0 R >> >>" % name,
        b"<< /Type /EmbeddedFile /Length %d >> stream\n%s\nendstream" % (len(embedded), embedded),
    ]
    file, places = b"%PDF-1.7\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    lines = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(bodies) + 1
    table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, lines)
    end = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(file))
    return file + table + end


def archive(members, bomb):
    """A zip file with these members, contents by names, and one of 1 GiB of zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as target:
        for name, content in members.items():
            target.writestr(name, content)
        target.writestr(bomb, block * (1 << 10) + packer.flush())
        # What is stored there is compressed already: this is what the directory says of it.
        target.getinfo(bomb).compress_type = zipfile.ZIP_DEFLATED
        target.getinfo(bomb).file_size = 1 << 30
    return file.getvalue()


def tar(members):
    """A tar file with these members: contents by names, None for a folder."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as target:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            if content is None:
                member.type = tarfile.DIRTYPE
            member.size = len(content or b"")
            target.addfile(member, io.BytesIO(content or b""))
    return file.getvalue()


def npy(rows):
    """A file of numpy: rows of two numbers each."""
    header = str({"descr": "<f8", "fortran_order": False, "shape": (len(rows), 2)})
    line = header.ljust(128 - 11).encode() + b"\n"
    numbers = array.array("d", [number for row in rows for number in row])
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(line)) + line + numbers.tobytes()
