//! The images of a Parquet shard, read one row at a time.

use std::fmt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use parquet::basic::Type;
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::ByteArrayType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};

use super::ShardOptions;
use super::guarded::guarded;
use crate::DataError;
use crate::caption::ImageStore;
use crate::format::mapped::map;

/// A mapped Parquet file with the place of its image column.
///
/// A row is reached by its row group, then page by page without unpacking those before it; the page that holds it is unpacked.
pub(super) struct ParquetImages {
    path: PathBuf,
    reader: SerializedFileReader<Bytes>,
    column: usize,
    /// First row of every row group, then the number of rows.
    starts: Vec<usize>,
}

impl ParquetImages {
    /// Maps `path` and finds the image column.
    pub fn open(path: &Path, options: &ShardOptions) -> Result<Self, String> {
        let bytes = map(path, "a Parquet file").map_err(|error| error.to_string())?;
        let reader = SerializedFileReader::new(Bytes::from_owner(bytes)).map_err(|error| error.to_string())?;
        let schema = reader.metadata().file_metadata().schema_descr_ptr();
        let (plain, nested) = (&options.image_column, format!("{}.bytes", options.image_column));
        let column = (0..schema.num_columns()).find(|&index| {
            let name = schema.column(index).path().string();
            name == *plain || name == nested
        });
        let Some(column) = column else {
            let names: Vec<String> = schema.columns().iter().map(|column| column.path().string()).collect();
            return Err(format!("it has no column `{plain}` or `{nested}` but {}", names.join(", ")));
        };
        let descriptor = schema.column(column);
        if descriptor.physical_type() != Type::BYTE_ARRAY || descriptor.max_rep_level() > 0 {
            return Err(format!("its column `{plain}` does not hold one encoded image per row"));
        }
        let mut starts = vec![0usize];
        for group in reader.metadata().row_groups() {
            let rows = usize::try_from(group.num_rows()).ok();
            let end = rows.and_then(|rows| starts[starts.len() - 1].checked_add(rows));
            starts.push(end.ok_or_else(|| format!("a row group claims {} rows", group.num_rows()))?);
        }
        Ok(Self { path: path.to_path_buf(), reader, column, starts })
    }

    /// The open file.
    pub fn reader(&self) -> &SerializedFileReader<Bytes> {
        &self.reader
    }

    /// The index of the image column.
    pub fn column(&self) -> usize {
        self.column
    }

    /// The first row of row group `group`.
    pub fn start(&self, group: usize) -> usize {
        self.starts[group]
    }

    fn read_row(&self, row: usize) -> Result<Option<Bytes>, ParquetError> {
        let group = self.starts.partition_point(|&start| start <= row) - 1;
        let skip = row - self.starts[group];
        let reader = self.reader.get_row_group(group)?;
        let mut column = get_typed_column_reader::<ByteArrayType>(reader.get_column_reader(self.column)?);
        let (mut defined, mut values) = (Vec::new(), Vec::new());
        if column.skip_records(skip)? != skip {
            return Ok(None);
        }
        column.read_records(1, Some(&mut defined), None, &mut values)?;
        Ok(values.first().map(|value| Bytes::copy_from_slice(value.data())))
    }
}

impl fmt::Debug for ParquetImages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetImages").field("path", &self.path).finish_non_exhaustive()
    }
}

impl ImageStore for ParquetImages {
    fn place(&self, index: usize) -> String {
        format!("{}[row {index}]", self.path.display())
    }

    fn read(&self, index: usize, max_bytes: u64) -> Result<Vec<u8>, DataError> {
        let wrong = |problem: String, expected: String| DataError::Format {
            path: PathBuf::from(self.place(index)),
            problem,
            expected,
        };
        let whole = || "a whole Parquet file with an image in every row".to_owned();
        match guarded(|| self.read_row(index).map_err(|error| error.to_string())) {
            Err(problem) => Err(wrong(problem, whole())),
            Ok(None) => Err(wrong("the row holds no image".into(), whole())),
            Ok(Some(bytes)) if bytes.len() as u64 > max_bytes => {
                Err(wrong(format!("{} bytes", bytes.len()), format!("at most {max_bytes} bytes")))
            }
            Ok(Some(bytes)) => Ok(bytes.into()),
        }
    }
}
