# goldens: crates/data/tests/goldens
"""A Parquet shard as Hugging Face lays image sets out, written by pyarrow and Pillow.

Usage: python xtask/parity/parquet_shard.py <output-dir>     writes <output-dir>/shard.parquet

Images are structs of bytes and path, captions are lists; Snappy pages so small that every row group has several. Row r is a
3 x 2 picture of the colour (10 r, r, 255 - r); row 5 has no image, row 7 no captions, row 9 an empty list.
"""

import io
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

ROWS = 23


def png(row):
    buffer = io.BytesIO()
    Image.new("RGB", (3, 2), (10 * row, row, 255 - row)).save(buffer, "PNG")
    return buffer.getvalue()


def main():
    images = [None if row == 5 else {"bytes": png(row), "path": f"{row}.png"} for row in range(ROWS)]
    captions = [None if row == 7 else [] if row == 9 else [f"row {row}", f"picture {row}"] for row in range(ROWS)]
    table = pa.table(
        {
            "key": pa.array([1000 + row for row in range(ROWS)], pa.int64()),
            "image": pa.array(images, pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
            "sentences": pa.array(captions, pa.list_(pa.string())),
        }
    )
    path = Path(sys.argv[1]) / "shard.parquet"
    pq.write_table(table, path, compression="snappy", row_group_size=9, data_page_size=200, write_batch_size=1, use_dictionary=["sentences"])


if __name__ == "__main__":
    main()
