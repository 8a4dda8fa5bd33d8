//! All nodes, existing and new, as numbered rows, and which of them have which label.

use std::sync::Arc;

use model::{Labels, Requirement};

use super::bits::Bits;
use super::ids::Map;
use super::shape::Shape;

/// Rows: existing nodes in the order of the picture, then the shapes that could be bought.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) shapes: Vec<Shape>,
    /// How many of them exist.
    pub(super) existing: usize,
    labels: Map<Arc<str>, Values>,
    by_name: Map<Arc<str>, u32>,
}

/// The values of one label.
#[derive(Debug)]
struct Values {
    rows: Map<Arc<str>, Vec<u32>>,
    present: Bits,
}

impl Rows {
    pub(super) fn new(existing: Vec<Shape>, new: Vec<Shape>) -> Self {
        let count = existing.len() + new.len();
        let existing_count = existing.len();
        let shapes: Vec<Shape> = existing.into_iter().chain(new).collect();
        let mut labels: Map<Arc<str>, Values> = Map::default();
        for (row, shape) in shapes.iter().enumerate() {
            for (key, value) in shape.labels.iter_shared() {
                let values = labels
                    .entry(Arc::clone(key))
                    .or_insert_with(|| Values { rows: Map::default(), present: Bits::none(count) });
                values.present.insert(row);
                values.rows.entry(Arc::clone(value)).or_default().push(row as u32);
            }
        }
        let named = shapes[..existing_count].iter().enumerate();
        let by_name = named.map(|(row, shape)| (Arc::clone(&shape.name), row as u32)).collect();
        Self { shapes, existing: existing_count, labels, by_name }
    }

    pub(super) fn len(&self) -> usize {
        self.shapes.len()
    }

    pub(super) fn none(&self) -> Bits {
        Bits::none(self.len())
    }

    pub(super) fn all(&self) -> Bits {
        Bits::all(self.len())
    }

    /// The row of the existing node of this name.
    pub(super) fn named(&self, name: &str) -> Option<u32> {
        self.by_name.get(name).copied()
    }

    pub(super) fn labels(&self, row: usize) -> &Labels {
        &self.shapes[row].labels
    }

    /// The domains of a label: by row the number of its value, and how many values there are.
    pub(super) fn values(&self, key: &str) -> (Vec<Option<u32>>, u32) {
        let mut of_row = vec![None; self.len()];
        let Some(values) = self.labels.get(key) else { return (of_row, 0) };
        // Numbered as they are met, so that the numbers do not depend on the order of hashing.
        let mut numbers: Map<&str, u32> = Map::default();
        for row in values.present.iter() {
            if let Some(value) = self.labels(row).get(key) {
                let next = numbers.len() as u32;
                of_row[row] = Some(*numbers.entry(value).or_insert(next));
            }
        }
        (of_row, numbers.len() as u32)
    }

    /// Rows that have the label.
    pub(super) fn with_label(&self, key: &str) -> Bits {
        self.labels.get(key).map_or_else(|| self.none(), |values| values.present.clone())
    }

    /// Rows that are in some domain of a topology key: those that have the label, and new nodes, which each
    /// get a hostname.
    pub(super) fn in_domains(&self, key: &str) -> Bits {
        let mut rows = self.with_label(key);
        if key == model::node_labels::HOSTNAME {
            (self.existing..self.len()).for_each(|row| rows.insert(row));
        }
        rows
    }

    /// Rows whose label satisfies the requirement: each value that occurs is compared once.
    pub(super) fn matching(&self, requirement: &Requirement) -> Bits {
        let Some(values) = self.labels.get(&requirement.key) else {
            return if requirement.matches(None) { self.all() } else { self.none() };
        };
        let mut rows = self.none();
        if requirement.matches(None) {
            rows = self.all();
            rows.take_out(&values.present);
        }
        let mut add = |some: &Vec<u32>| some.iter().for_each(|&row| rows.insert(row as usize));
        if requirement.operator == model::Operator::In {
            requirement.values.iter().filter_map(|value| values.rows.get(value)).for_each(&mut add);
        } else {
            let good = values.rows.iter().filter(|(value, _)| requirement.matches(Some(value)));
            good.for_each(|(_, some)| add(some));
        }
        rows
    }

    /// Rows whose name satisfies a requirement on the field `metadata.name`; other fields nobody has.
    pub(super) fn matching_field(&self, requirement: &Requirement) -> Bits {
        let mut rows = self.none();
        if let (model::Operator::In, "metadata.name") = (requirement.operator, &*requirement.key) {
            let named = requirement.values.iter().filter_map(|name| self.named(name));
            named.for_each(|row| rows.insert(row as usize));
            return rows;
        }
        for (row, shape) in self.shapes.iter().enumerate() {
            let name = (&*requirement.key == "metadata.name").then_some(&*shape.name);
            if requirement.matches(name) {
                rows.insert(row);
            }
        }
        rows
    }
}
