//! `filter-text8`: a Wikipedia dump becomes 27 symbols.

use crate::dataset::data_error;
use clap::Args;
use halation_data::source::filter_wiki_dump;
use std::path::PathBuf;

/// Arguments of `filter-text8`.
#[derive(Args)]
pub struct FilterArgs {
    /// The dump: XML, plain or compressed with bzip2 or gzip
    #[arg(long)]
    input: PathBuf,
    /// The text to write
    #[arg(long)]
    out: PathBuf,
    /// Stop after so many bytes of text; text8 is the first 100000000
    #[arg(long)]
    limit: Option<u64>,
}

/// Filters and counts.
pub fn run(args: &FilterArgs) -> anyhow::Result<()> {
    let mut told = 0;
    let count = filter_wiki_dump(&args.input, &args.out, args.limit, |count| {
        if count.read >> 26 > told {
            told = count.read >> 26;
            eprintln!("read {} MiB, wrote {} MiB", count.read >> 20, count.written >> 20);
        }
    })
    .map_err(data_error)?;
    let (pages, read, written) = (count.pages, count.read, count.written);
    eprintln!("{pages} pages, {read} bytes read, {written} written to {}", args.out.display());
    Ok(())
}
