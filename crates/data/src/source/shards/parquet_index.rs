//! One pass over a Parquet shard: ids and captions are read, images are only pointed at.

use std::path::Path;
use std::sync::Arc;

use parquet::basic::Type;
use parquet::column::reader::{ColumnReaderImpl, get_typed_column_reader};
use parquet::data_type::{ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, RowGroupReader};

use super::ShardOptions;
use super::guarded::guarded;
use super::parquet_images::ParquetImages;
use super::shard_index::{Sample, ShardIndex};
use crate::caption::{ImageSource, ImageStore};

/// Images unpacked at a time where nulls must be looked for.
const SCANNED: usize = 16;

/// Indexes the shard `path`; a row group that cannot be read is reported, the others stay usable.
pub(super) fn index_parquet(path: &Path, options: &ShardOptions) -> ShardIndex {
    let mut index = ShardIndex::default();
    let shard = format!("shard {}", path.display());
    let opened = guarded(|| {
        let images = ParquetImages::open(path, options)?;
        let captions = caption_column(&images, &options.caption_column)?;
        let ids = options.id_column.as_ref().map(|name| id_column(&images, name)).transpose()?;
        Ok((images, captions, ids))
    });
    let (images, captions, ids) = match opened {
        Ok(opened) => opened,
        Err(reason) => {
            index.skip(shard, reason);
            return index;
        }
    };
    let images = Arc::new(images);
    for group in 0..images.reader().num_row_groups() {
        let left = options.max_samples - index.samples.len();
        match guarded(|| read_group(&images, group, captions, ids)) {
            Ok(rows) if rows.len() > left => {
                index.skip(shard, format!("it has more than {} samples", options.max_samples));
                break;
            }
            Ok(rows) => take_rows(path, &images, images.start(group), rows, options, &mut index),
            Err(reason) => index.skip(format!("{shard}, row group {group}"), reason),
        }
    }
    index
}

/// What a row holds besides its image.
struct Row {
    has_image: bool,
    id: Option<String>,
    captions: Vec<Vec<u8>>,
}

fn take_rows(
    path: &Path,
    images: &Arc<ParquetImages>,
    first: usize,
    rows: Vec<Row>,
    options: &ShardOptions,
    index: &mut ShardIndex,
) {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    for (row, Row { has_image, id, captions }) in rows.into_iter().enumerate().map(|(at, row)| (first + at, row)) {
        let item = images.place(row);
        let id = match (&options.id_column, id) {
            (None, _) if options.id_with_shard => row.to_string(),
            (None, _) => format!("{stem}#{row}"),
            (Some(_), Some(id)) => id,
            (Some(_), None) => {
                index.skip(item, "it has no id");
                continue;
            }
        };
        if let Some(caption) = captions.iter().find(|caption| caption.len() as u64 > options.max_text) {
            index.skip(item, format!("its caption has {} bytes, more than {}", caption.len(), options.max_text));
            continue;
        }
        let captions: Result<Vec<String>, _> = captions.into_iter().map(String::from_utf8).collect();
        match captions {
            _ if !has_image => index.skip(item, "it has no image"),
            Err(_) => index.skip(item, "its caption is not UTF-8"),
            Ok(captions) if captions.iter().all(|caption| caption.trim().is_empty()) => {
                index.skip(item, "it has no caption");
            }
            Ok(captions) => {
                let image = ImageSource::Stored { store: Arc::clone(images) as Arc<dyn ImageStore>, index: row };
                index.samples.push(Sample { id, image, captions });
            }
        }
    }
}

fn read_group(
    images: &ParquetImages,
    group: usize,
    captions: usize,
    ids: Option<(usize, Type)>,
) -> Result<Vec<Row>, String> {
    let reader = images.reader().get_row_group(group).map_err(|error| error.to_string())?;
    let reader = &*reader;
    let rows = images.start(group + 1) - images.start(group);
    let texts = cells::<ByteArrayType, _>(reader, captions, rows, |value| value.data().to_vec())?;
    let ids = match ids {
        None => vec![Vec::new(); rows],
        Some((column, Type::INT32)) => cells::<Int32Type, _>(reader, column, rows, i32::to_string)?,
        Some((column, Type::INT64)) => cells::<Int64Type, _>(reader, column, rows, i64::to_string)?,
        Some((column, _)) => {
            cells::<ByteArrayType, _>(reader, column, rows, |value| String::from_utf8_lossy(value.data()).into_owned())?
        }
    };
    let present = present_images(reader, images.column(), rows).map_err(|error| format!("its images: {error}"))?;
    let parts = present.into_iter().zip(ids).zip(texts);
    Ok(parts.map(|((has_image, id), captions)| Row { has_image, id: id.into_iter().next(), captions }).collect())
}

/// Which rows have an image; looks into the column only if its statistics do not rule nulls out.
fn present_images(group: &dyn RowGroupReader, column: usize, rows: usize) -> Result<Vec<bool>, ParquetError> {
    let chunk = group.metadata().column(column);
    let complete = chunk.statistics().and_then(|statistics| statistics.null_count_opt()) == Some(0);
    let max_level = chunk.column_descr().max_def_level();
    if complete || max_level == 0 {
        return Ok(vec![true; rows]);
    }
    let mut reader = get_typed_column_reader::<ByteArrayType>(group.get_column_reader(column)?);
    let mut defined = Vec::new();
    let mut values = Vec::new();
    while reader.read_records(SCANNED, Some(&mut defined), None, &mut values)?.0 > 0 {
        values.clear();
    }
    if defined.len() != rows {
        return Err(ParquetError::General(format!("{} of {rows} rows", defined.len())));
    }
    Ok(defined.into_iter().map(|level| level == max_level).collect())
}

/// The values of a column, row by row: one or none, for a list any number.
fn cells<T: DataType, V>(
    group: &dyn RowGroupReader,
    column: usize,
    rows: usize,
    take: impl Fn(&T::T) -> V,
) -> Result<Vec<Vec<V>>, String>
where
    ColumnReaderImpl<T>: Sized,
{
    let descriptor = group.metadata().column(column).column_descr_ptr();
    let wrong = |problem: &dyn std::fmt::Display| format!("column `{}`: {problem}", descriptor.path());
    let chunk = group.get_column_reader(column).map_err(|error| wrong(&error))?;
    let mut reader = get_typed_column_reader::<T>(chunk);
    let (mut defined, mut repeated, mut values) = (Vec::new(), Vec::new(), Vec::new());
    let mut read = 0;
    while read < rows {
        let left = rows - read;
        let records = reader.read_records(left, Some(&mut defined), Some(&mut repeated), &mut values);
        match records.map_err(|error| wrong(&error))?.0 {
            0 => break,
            records => read += records,
        }
    }
    let (max_defined, is_list) = (descriptor.max_def_level(), descriptor.max_rep_level() > 0);
    let mut cells = Vec::new();
    if max_defined == 0 {
        cells.extend(values.iter().map(|value| vec![take(value)]));
    } else {
        let mut values = values.iter();
        for (at, &level) in defined.iter().enumerate() {
            if !is_list || repeated.get(at) == Some(&0) {
                cells.push(Vec::new());
            }
            if level == max_defined
                && let (Some(cell), Some(value)) = (cells.last_mut(), values.next())
            {
                cell.push(take(value));
            }
        }
    }
    match cells.len() == rows {
        true => Ok(cells),
        false => Err(wrong(&format!("{} of {rows} rows", cells.len()))),
    }
}

/// The leaf column of strings, or of lists of strings, called `name`.
fn caption_column(images: &ParquetImages, name: &str) -> Result<usize, String> {
    let schema = images.reader().metadata().file_metadata().schema_descr_ptr();
    let leaves: Vec<usize> = (0..schema.num_columns())
        .filter(|&index| {
            let path = schema.column(index).path().clone();
            path.string() == name || path.parts().first().is_some_and(|part| part == name)
        })
        .collect();
    match leaves[..] {
        [column] => {
            let descriptor = schema.column(column);
            match descriptor.physical_type() == Type::BYTE_ARRAY && descriptor.max_rep_level() <= 1 {
                true => Ok(column),
                false => Err(format!("its column `{name}` holds neither strings nor lists of strings")),
            }
        }
        [] => Err(format!("it has no column `{name}`")),
        _ => Err(format!("its column `{name}` holds neither strings nor lists of strings")),
    }
}

/// The column of ids called `name`.
fn id_column(images: &ParquetImages, name: &str) -> Result<(usize, Type), String> {
    let schema = images.reader().metadata().file_metadata().schema_descr_ptr();
    let column = (0..schema.num_columns()).find(|&index| schema.column(index).path().string() == name);
    let column = column.ok_or_else(|| format!("it has no column `{name}`"))?;
    let descriptor = schema.column(column);
    match descriptor.physical_type() {
        kind @ (Type::BYTE_ARRAY | Type::INT32 | Type::INT64) if descriptor.max_rep_level() == 0 => Ok((column, kind)),
        kind => Err(format!("its column `{name}` of {kind} holds no ids")),
    }
}
