//! Embeddings as a Parquet file, through the column API (no Arrow).

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, FloatType};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::embedding_safetensors::Parts;
use super::mapped::format_error;
use super::{EmbeddingFile, write_atomically};
use crate::DataError;

const EXPECTED: &str = "a Parquet file with the columns `id` string, `mean` and `log_var` list of float, without nulls";

/// Rows per row group: what a reader holds at a time.
const ROWS: usize = 8192;

pub(super) fn read(path: &Path) -> Result<Parts, DataError> {
    let wrong = |problem: &dyn std::fmt::Display| format_error(path, problem, EXPECTED);
    let file = File::open(path).map_err(DataError::io(path))?;
    if file.metadata().map_err(DataError::io(path))?.len() == 0 {
        return Err(wrong(&"the file is empty"));
    }
    let reader = SerializedFileReader::new(file).map_err(|error| wrong(&error))?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let column = |name: &str| {
        let root = |index: &usize| schema.column(*index).path().parts().first().is_some_and(|part| part == name);
        (0..schema.num_columns()).find(root)
    };
    let required = |name: &str| column(name).ok_or_else(|| wrong(&format!("there is no column `{name}`")));
    let (id, mean, log_var) = (required("id")?, required("mean")?, column("log_var"));
    let (mut ids, mut means, mut log_vars) = (Vec::new(), Rows::new("mean"), Rows::new("log_var"));
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group).map_err(|error| wrong(&error))?;
        let rows = usize::try_from(group.metadata().num_rows()).map_err(|error| wrong(&error))?;
        let before = ids.len();
        let found = column_values::<ByteArrayType>(&*group, id, rows).map_err(|error| wrong(&error))?;
        if found.nulls {
            return Err(wrong(&"column `id` has nulls"));
        }
        for bytes in found.values {
            let id = bytes.as_utf8().map_err(|error| wrong(&format!("column `id`, row {}: {error}", ids.len())))?;
            ids.push(id.to_owned());
        }
        if ids.len() - before != rows {
            return Err(wrong(&format!("column `id` has {} values in {rows} rows", ids.len() - before)));
        }
        means.append(&*group, mean, rows).map_err(|problem| wrong(&problem))?;
        if let Some(log_var) = log_var {
            log_vars.append(&*group, log_var, rows).map_err(|problem| wrong(&problem))?;
        }
    }
    let dim = means.dim.unwrap_or(0);
    if log_var.is_some() && log_vars.dim != means.dim {
        return Err(wrong(&format!("`mean` has dimension {dim}, `log_var` {}", log_vars.dim.unwrap_or(0))));
    }
    Ok((ids, dim, means.values, log_var.map(|_| log_vars.values)))
}

/// A list column collected into rows of one length.
struct Rows {
    name: &'static str,
    dim: Option<usize>,
    values: Vec<f32>,
}

impl Rows {
    fn new(name: &'static str) -> Self {
        Self { name, dim: None, values: Vec::new() }
    }

    fn append(&mut self, group: &dyn RowGroupReader, column: usize, rows: usize) -> Result<(), String> {
        let name = self.name;
        let ColumnValues { values, starts, repeated, nulls } =
            column_values::<FloatType>(group, column, rows).map_err(|error| format!("column `{name}`: {error}"))?;
        if !repeated {
            return Err(format!("column `{name}` is not a list"));
        }
        if nulls {
            return Err(format!("column `{name}` has nulls or empty lists"));
        }
        for (row, start) in starts.iter().enumerate() {
            let length = starts.get(row + 1).unwrap_or(&values.len()) - start;
            let dim = *self.dim.get_or_insert(length);
            if length != dim {
                return Err(format!("column `{name}` has rows of {dim} and of {length} numbers"));
            }
        }
        if starts.len() != rows {
            return Err(format!("column `{name}` has {} rows of {rows}", starts.len()));
        }
        self.values.extend(values);
        Ok(())
    }
}

/// A column of a row group.
struct ColumnValues<V> {
    values: Vec<V>,
    /// Where each row starts.
    starts: Vec<usize>,
    repeated: bool,
    nulls: bool,
}

/// All values of a column in a row group.
fn column_values<T: DataType>(
    group: &dyn RowGroupReader,
    column: usize,
    rows: usize,
) -> Result<ColumnValues<T::T>, ParquetError>
where
    ColumnReaderImpl<T>: Sized,
{
    let descriptor = group.metadata().column(column).column_descr_ptr();
    if descriptor.physical_type() != T::get_physical_type() {
        return Err(ParquetError::General(format!(
            "column `{}` is stored as {}, not {}",
            descriptor.path(),
            descriptor.physical_type(),
            T::get_physical_type()
        )));
    }
    let mut reader = parquet::column::reader::get_typed_column_reader::<T>(group.get_column_reader(column)?);
    let (mut values, mut defined, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
    let mut left = rows;
    while left > 0 {
        let (records, _, _) = reader.read_records(left, Some(&mut defined), Some(&mut repeated), &mut values)?;
        if records == 0 {
            break;
        }
        left -= records;
    }
    let starts = repeated.iter().enumerate().filter(|&(_, &level)| level == 0).map(|(at, _)| at).collect();
    let nulls = defined.iter().any(|&level| level != descriptor.max_def_level());
    Ok(ColumnValues { values, starts, repeated: descriptor.max_rep_level() == 1, nulls })
}

pub(super) fn write(path: &Path, file: &EmbeddingFile) -> Result<(), DataError> {
    let failed = |error: ParquetError| match error {
        ParquetError::External(source) => {
            DataError::Io { path: path.to_path_buf(), source: std::io::Error::other(source) }
        }
        other => format_error(path, other, EXPECTED),
    };
    let list =
        |name: &str| format!("required group {name} (LIST) {{ repeated group list {{ required float element; }} }}");
    let mut columns = vec!["required binary id (STRING);".to_owned(), list("mean")];
    columns.extend(file.log_var().map(|_| list("log_var")));
    let schema = parse_message_type(&format!("message embeddings {{ {} }}", columns.join(" "))).map_err(failed)?;
    write_atomically(path, |writer| {
        // Floats of an embedding hardly repeat: a dictionary would only cost time.
        let properties = WriterProperties::builder().set_dictionary_enabled(false).build();
        let mut parquet = SerializedFileWriter::new(writer, Arc::new(schema), Arc::new(properties)).map_err(failed)?;
        for start in (0..file.ids().len()).step_by(ROWS) {
            let rows = start..file.ids().len().min(start + ROWS);
            let mut group = parquet.next_row_group().map_err(failed)?;
            let ids: Vec<ByteArray> = file.ids()[rows.clone()].iter().map(|id| ByteArray::from(id.as_str())).collect();
            let mut column = group.next_column().map_err(failed)?.ok_or_else(|| failed(missing_column()))?;
            column.typed::<ByteArrayType>().write_batch(&ids, None, None).map_err(failed)?;
            column.close().map_err(failed)?;
            let defined = vec![1i16; rows.len() * file.dim()];
            let repeated: Vec<i16> = (0..defined.len()).map(|at| i16::from(at % file.dim() != 0)).collect();
            for values in [Some(file.mean()), file.log_var()].into_iter().flatten() {
                let values = &values[rows.start * file.dim()..rows.end * file.dim()];
                let mut column = group.next_column().map_err(failed)?.ok_or_else(|| failed(missing_column()))?;
                column.typed::<FloatType>().write_batch(values, Some(&defined), Some(&repeated)).map_err(failed)?;
                column.close().map_err(failed)?;
            }
            group.close().map_err(failed)?;
        }
        parquet.close().map_err(failed)?;
        Ok(())
    })
}

fn missing_column() -> ParquetError {
    ParquetError::General("the schema has fewer columns than were written".into())
}
