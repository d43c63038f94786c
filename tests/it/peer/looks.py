"""Photographs, and what the library `pdqhash` says of them: a line each in JSON, the files in the folder that is named.

The photographs are those that the wheel of scikit-image brings along."""

import importlib.util
import json
import pathlib
import sys

import numpy
import pdqhash
from PIL import Image

folder = pathlib.Path(sys.argv[1])
photographs = pathlib.Path(importlib.util.find_spec("skimage").origin).parent / "data"
names = ["astronaut.png", "brick.png", "camera.png", "cell.png", "chelsea.png", "clock_motion.png", "coffee.png",
         "coins.png", "grass.png", "gravel.png", "hubble_deep_field.jpg", "ihc.png", "moon.png",
         "motorcycle_left.png", "motorcycle_right.png", "page.png", "retina.jpg", "rocket.jpg", "text.png"]


def tell(name, image, file):
    bits, quality = pdqhash.compute(numpy.asarray(image.convert("RGB")))
    digits = "%064x" % int("".join(map(str, bits)), 2)
    print(json.dumps({"name": name, "file": str(file), "pdq": digits, "quality": int(quality)}))


def write(name, image, extension, **options):
    file = folder / f"{name}.{extension}"
    image.save(file, **options)
    tell(f"{name}.{extension}", image, file)


for at, name in enumerate(names):
    photograph = Image.open(photographs / name)
    # As they are, and as the network shows them.
    write(f"{at}-same", photograph, "png", compress_level=1)
    colours = photograph.convert("RGB")
    small = colours.resize((700, max(1, colours.height * 700 // colours.width)))
    write(f"{at}-700", small, "png", compress_level=1)
    write(f"{at}-700", small, "jpg", quality=85)
    write(f"{at}-700", small, "webp", quality=85)
    few = small.quantize(256 - 60 * (at % 4))
    write(f"{at}-lines", few, "gif", interlace=0)
    write(f"{at}-rounds", few, "gif", interlace=1)
    if name.endswith(".jpg"):
        tell(name, photograph, photographs / name)
large = Image.open(photographs / "coffee.png").convert("RGB").resize((4000, 3000))
write("large", large, "png", compress_level=1)
write("large", large, "jpg", quality=85)
write("progressive", large, "jpg", quality=85, progressive=True)
