//! How commands print: a table for people, JSON, YAML or CSV for programs.

use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use serde::Serialize;

/// The form of a command's output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// Aligned columns, for people; not meant to be parsed.
    #[default]
    Table,
    /// JSON, with the keys of the API; money as decimal strings.
    Json,
    /// The same as YAML.
    Yaml,
    /// The table with commas and a header line, figures not rounded.
    Csv,
}

/// How a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Figures.
    Right,
}

/// Rows under headings.
#[derive(Clone, Debug, Default)]
pub struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these columns.
    pub fn new<'a>(columns: impl IntoIterator<Item = (&'a str, Align)>) -> Self {
        let columns = columns.into_iter().map(|(heading, align)| (heading.to_owned(), align)).collect();
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row: a cell for each column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// True when it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes aligned columns, two spaces apart, under their headings.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn Write, style: Style) -> io::Result<()> {
        let headings: Vec<&str> = self.columns.iter().map(|(heading, _)| heading.as_str()).collect();
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
            cells.chain([headings[column].chars().count()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..headings.len()).map(width).collect();
        let line = |cells: &[&str]| {
            let mut line = String::new();
            for ((&cell, &width), (_, align)) in cells.iter().zip(&widths).zip(&self.columns) {
                let padding = " ".repeat(width - cell.chars().count());
                let (before, after) = match align {
                    Align::Left => ("", padding.as_str()),
                    Align::Right => (padding.as_str(), ""),
                };
                line.extend([before, cell, after, "  "]);
            }
            line.trim_end().to_owned()
        };
        writeln!(out, "{}", style.bold(&line(&headings)))?;
        for row in &self.rows {
            let cells: Vec<&str> = row.iter().map(String::as_str).collect();
            writeln!(out, "{}", line(&cells))?;
        }
        Ok(())
    }

    /// Writes a header line and the rows as CSV.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(self.columns.iter().map(|(heading, _)| heading)).map_err(io::Error::from)?;
        for row in &self.rows {
            writer.write_record(row).map_err(io::Error::from)?;
        }
        writer.flush()
    }
}

/// Prints a list: `items` as JSON or YAML, `table` as a table or as CSV.
///
/// # Errors
/// Those of `out`, and of values that cannot be written as JSON.
pub fn print_list<T: Serialize>(
    out: &mut dyn Write,
    format: OutputFormat,
    items: &T,
    table: impl FnOnce() -> Table,
) -> io::Result<()> {
    match format {
        OutputFormat::Table => table().write(out, Style::for_stdout()),
        OutputFormat::Csv => table().write_csv(out),
        OutputFormat::Json | OutputFormat::Yaml => print_value(out, format, items),
    }
}

/// Prints one value as YAML where that is asked for, as indented JSON otherwise.
///
/// # Errors
/// As for [`print_list`].
pub fn print_value<T: Serialize>(out: &mut dyn Write, format: OutputFormat, value: &T) -> io::Result<()> {
    match format {
        OutputFormat::Yaml => serde_yaml_ng::to_writer(out, value).map_err(io::Error::other),
        _ => {
            serde_json::to_writer_pretty(&mut *out, value)?;
            writeln!(out)
        }
    }
}

/// Puts commas between thousands.
pub fn grouped(number: &str) -> String {
    let whole = number.find('.').unwrap_or(number.len());
    let mut text = String::with_capacity(number.len() + whole / 3);
    for (index, digit) in number.char_indices() {
        if index > 0 && index < whole && (whole - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Whether text is set off by terminal codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    colored: bool,
}

impl Style {
    /// With codes when the standard output is a terminal that knows them and `NO_COLOR` is not set.
    pub fn for_stdout() -> Self {
        let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self { colored: io::stdout().is_terminal() && !forbidden && !dumb }
    }

    /// Headings and figures that matter.
    pub fn bold(self, text: &str) -> String {
        self.coded("1", text)
    }

    /// What wants attention.
    pub fn warning(self, text: &str) -> String {
        self.coded("33", text)
    }

    fn coded(self, code: &str, text: &str) -> String {
        if self.colored { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new([("NAME", Align::Left), ("$/HOUR", Align::Right)]);
        table.row(["größer", "1.5"]);
        table.row(["a,b", "10.25"]);
        table
    }

    #[test]
    fn columns_are_aligned_by_characters() {
        let mut out = Vec::new();
        table().write(&mut out, Style::default()).unwrap();
        let expected = "NAME    $/HOUR\ngrößer     1.5\na,b      10.25\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn each_format_is_what_programs_expect() {
        let items = serde_json::json!([{"name": "a"}]);
        for (format, expected) in [
            (OutputFormat::Json, "[\n  {\n    \"name\": \"a\"\n  }\n]\n"),
            (OutputFormat::Yaml, "- name: a\n"),
            (OutputFormat::Csv, "NAME,$/HOUR\ngrößer,1.5\n\"a,b\",10.25\n"),
        ] {
            let mut out = Vec::new();
            print_list(&mut out, format, &items, table).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    #[test]
    fn terminal_codes_are_written_only_where_wanted() {
        assert_eq!(Style { colored: false }.bold("x"), "x");
        assert_eq!(Style { colored: true }.bold("x"), "\x1b[1mx\x1b[0m");
    }
}
