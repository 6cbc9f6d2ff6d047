//! Which rows of a batch match which columns.

use burn::tensor::{Device, Tensor, TensorData};

use crate::CoreError;

/// The targets of a pairwise loss: how much row item `i` and column item `j` match, in `[0, 1]`.
///
/// Most are *hard*, of zeros and ones. Soft entries weigh the two outcomes; they come from label smoothing, mixed samples and
/// teachers. The matrix is a constant to autodiff.
///
/// # Shapes
/// * the matrix: `[N, M]`
#[derive(Debug, Clone)]
pub struct MatchMatrix {
    values: Tensor<2>,
    hard: bool,
}

impl MatchMatrix {
    /// Row `i` matches column `i` and nothing else: PCME's labels, for which a second caption of the same image is a negative.
    pub fn identity(size: usize, device: &Device) -> Self {
        let ids: Vec<usize> = (0..size).collect();
        Self::from_ids(&ids, &ids, device)
    }

    /// Items with equal ids match, for instance all captions and copies of one image.
    ///
    /// # Shapes
    /// * `row_ids`: `N`, `column_ids`: `M`
    pub fn from_ids<I: PartialEq>(row_ids: &[I], column_ids: &[I], device: &Device) -> Self {
        let entry = |row: &I, column: &I| f32::from(u8::from(row == column));
        let values = row_ids.iter().flat_map(|row| column_ids.iter().map(move |column| entry(row, column))).collect();
        Self::hard(values, [row_ids.len(), column_ids.len()], device)
    }

    /// The matches as lists of true and false, one list per row.
    ///
    /// # Errors
    /// If the lists differ in length.
    pub fn from_rows(rows: &[Vec<bool>], device: &Device) -> Result<Self, CoreError> {
        let columns = rows.first().map_or(0, Vec::len);
        if let Some((row, list)) = rows.iter().enumerate().find(|(_, list)| list.len() != columns) {
            let found = format!("row {row} has {} entries", list.len());
            return Err(CoreError::argument("matches", found, format!("{columns} entries as in row 0")));
        }
        let values = rows.iter().flatten().map(|&matches| f32::from(u8::from(matches))).collect();
        Ok(Self::hard(values, [rows.len(), columns], device))
    }

    /// Any matrix of matches. It is read back once, to check it and to see whether it is hard.
    ///
    /// # Errors
    /// If an entry is not in `[0, 1]`, or the device fails to deliver them.
    pub fn from_tensor(values: Tensor<2>) -> Result<Self, CoreError> {
        let values = values.without_autodiff();
        let [_, columns] = values.dims();
        let entries = values
            .try_to_vec_as::<f32>()
            .map_err(|error| CoreError::argument("matches", error, "a tensor that can be read"))?;
        // Written so that NaN is outside.
        if let Some(place) = entries.iter().position(|entry| !(0.0..=1.0).contains(entry)) {
            let found = format!("{} at row {}, column {}", entries[place], place / columns, place % columns);
            return Err(CoreError::argument("matches", found, "entries in [0, 1]"));
        }
        let hard = entries.iter().all(|&entry| entry == 0.0 || entry == 1.0);
        Ok(Self { values, hard })
    }

    fn hard(values: Vec<f32>, shape: [usize; 2], device: &Device) -> Self {
        Self { values: Tensor::<2>::from_data(TensorData::new(values, shape), device).without_autodiff(), hard: true }
    }

    /// The matches, `[N, M]`.
    pub fn values(&self) -> Tensor<2> {
        self.values.clone()
    }

    /// Whether every entry is 0 or 1.
    pub fn is_hard(&self) -> bool {
        self.hard
    }

    /// Number of rows and columns, `[N, M]`.
    pub fn dims(&self) -> [usize; 2] {
        self.values.dims()
    }

    /// The matches seen from the columns, `[M, N]`.
    pub fn transpose(&self) -> Self {
        Self { values: self.values().transpose(), hard: self.hard }
    }
}
