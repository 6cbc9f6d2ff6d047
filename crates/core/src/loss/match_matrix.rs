//! Which rows of a batch match which columns.

use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::CoreError;

/// The targets of a pairwise loss: how much row item `i` and column item `j` match, in `[0, 1]`.
///
/// Most are *hard*, of zeros and ones. Soft entries weigh the two outcomes; they come from label smoothing, mixed samples and
/// teachers: [`mixed`](Self::mixed) and [`smoothed`](Self::smoothed) make them from hard ones. The matrix is a constant to autodiff.
///
/// # Shapes
/// * the matrix: `[N, M]`
#[derive(Debug, Clone)]
pub struct MatchMatrix {
    values: Tensor<2>,
    hard: bool,
    most: [usize; 2],
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
        let values: Vec<f32> = rows.iter().flatten().map(|&matches| f32::from(u8::from(matches))).collect();
        Ok(Self::hard(values, [rows.len(), columns], device))
    }

    /// Any matrix of matches. It is read back once, to check it and to see whether it is hard.
    ///
    /// # Errors
    /// If an entry is not in `[0, 1]`, or the device fails to deliver them.
    pub fn from_tensor(values: Tensor<2>) -> Result<Self, CoreError> {
        let values = values.without_autodiff();
        let shape @ [_, columns] = values.dims();
        let entries = values
            .try_to_vec_as::<f32>()
            .map_err(|error| CoreError::argument("matches", error, "a tensor that can be read"))?;
        // Written so that NaN is outside.
        if let Some(place) = entries.iter().position(|entry| !(0.0..=1.0).contains(entry)) {
            let found = format!("{} at row {}, column {}", entries[place], place / columns, place % columns);
            return Err(CoreError::argument("matches", found, "entries in [0, 1]"));
        }
        let hard = entries.iter().all(|&entry| entry == 0.0 || entry == 1.0);
        let most = most_matches(&entries, shape);
        Ok(Self { values, hard, most })
    }

    fn hard(values: Vec<f32>, shape: [usize; 2], device: &Device) -> Self {
        let most = most_matches(&values, shape);
        let values = Tensor::<2>::from_data(TensorData::new(values, shape), device).without_autodiff();
        Self { values, hard: true, most }
    }

    /// Label smoothing of PCME++ (Chun, ICLR 2024; epsilon 1e-4): `(1 - epsilon) y + epsilon (1 - y)`. Smooth before mixing, as its code does.
    ///
    /// # Errors
    /// If epsilon is not in `[0, 0.5)`.
    pub fn smoothed(&self, epsilon: f64) -> Result<Self, CoreError> {
        if !(0.0..0.5).contains(&epsilon) {
            return Err(CoreError::argument("epsilon", epsilon, "a number in [0, 0.5)"));
        }
        let values = self.values() * (1.0 - 2.0 * epsilon) + epsilon;
        Ok(Self { values, hard: self.hard && epsilon == 0.0, most: self.most })
    }

    /// The targets of mixed samples (Mixup, CutMix): row `i` consists of a share of itself and, for the rest, of its partner row,
    /// `y'_i = share_i y_i + (1 - share_i) y_partner(i)`. A share of 1 leaves a row as it is.
    ///
    /// PCME++'s code rebuilds the matrix from the identity when it mixes, which silently drops the matches of a repeated image; this keeps them.
    ///
    /// # Shapes
    /// * `shares`, `partners`: `N`
    ///
    /// # Errors
    /// If there are not `N` shares and partners, a share is not in `[0, 1]`, or a partner is not a row.
    pub fn mixed(&self, shares: &[f32], partners: &[usize]) -> Result<Self, CoreError> {
        let [rows, columns] = self.dims();
        if shares.len() != rows || partners.len() != rows {
            let found = format!("{} shares and {} partners", shares.len(), partners.len());
            return Err(CoreError::argument("shares", found, format!("one of each for {rows} rows")));
        }
        if let Some(row) = shares.iter().position(|share| !(0.0..=1.0).contains(share)) {
            return Err(CoreError::argument("shares", format!("{} at row {row}", shares[row]), "shares in [0, 1]"));
        }
        if let Some(row) = partners.iter().position(|&partner| partner >= rows) {
            let found = format!("{} at row {row}", partners[row]);
            return Err(CoreError::argument("partners", found, format!("rows below {rows}")));
        }
        if rows == 0 {
            return Ok(self.clone());
        }
        let device = self.values.device();
        let share = Tensor::<2>::from_data(TensorData::new(shares.to_vec(), [rows, 1]), &device);
        let partners_i64: Vec<i64> = partners.iter().map(|&row| row as i64).collect();
        let partners_index = Tensor::<1, Int>::from_data(TensorData::new(partners_i64, [rows]), &device);
        let partner = self.values().select(0, partners_index); // [N, M]
        let values = (self.values() * share.clone() + partner * (-share + 1.0)).clamp(0.0, 1.0);
        let hard = self.hard && shares.iter().all(|&share| share == 0.0 || share == 1.0);
        // A mixture reaches one half only where one of its two parts does.
        let [most_in_row, most_in_column] = self.most;
        let mut uses = vec![1; rows];
        partners.iter().for_each(|&partner| uses[partner] += 1);
        let most_uses = uses.into_iter().max().unwrap_or(0);
        let most = [(2 * most_in_row).min(columns), (most_uses * most_in_column).min(rows)];
        Ok(Self { values, hard, most })
    }

    /// [`mixed`](Self::mixed) with the batch in reverse as partners, row `i` with row `N - 1 - i`, as PCME++ mixes images:
    /// `Y' = diag(share) Y + diag(1 - share) Y[reversed]`.
    ///
    /// # Errors
    /// As [`mixed`](Self::mixed).
    pub fn mixed_with_reversed(&self, shares: &[f32]) -> Result<Self, CoreError> {
        let [rows, _] = self.dims();
        self.mixed(shares, &(0..rows).rev().collect::<Vec<_>>())
    }

    /// An upper bound (exact unless the matrix is [`mixed`](Self::mixed)) on the number of entries of at least one half in a row and in a
    /// column, known without reading from the device.
    pub fn most_matches(&self) -> [usize; 2] {
        self.most
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
        let [in_row, in_column] = self.most;
        Self { values: self.values().transpose(), hard: self.hard, most: [in_column, in_row] }
    }
}

/// The largest number of entries of at least one half in a row and in a column.
fn most_matches(entries: &[f32], [rows, columns]: [usize; 2]) -> [usize; 2] {
    let (mut in_row, mut in_column) = (vec![0; rows], vec![0; columns]);
    for (place, _) in entries.iter().enumerate().filter(|(_, entry)| **entry >= 0.5) {
        in_row[place / columns] += 1;
        in_column[place % columns] += 1;
    }
    let most = |counts: Vec<usize>| counts.into_iter().max().unwrap_or(0);
    [most(in_row), most(in_column)]
}
