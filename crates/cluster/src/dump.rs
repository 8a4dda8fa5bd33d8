//! Reading cluster dumps: what `kubectl get … -o json` prints.
//!
//! Takes Lists of mixed kinds, Lists of one kind, single objects, PodMetricsLists, and any number of them
//! one after another, gzip or not. Objects are read from the stream one at a time. Kinds that are not
//! kept, NodeMetrics among them, are passed over.

use std::collections::BTreeMap;
use std::io::{self, Read};

use model::{Interner, NamespacedName, PodUsage};
use wire::delta::gunzip;
use wire::json_stream::{JsonStream, JsonStreamError, parse};
use wire::k8s::{self, Item, ObjectError, ReadObjectError};

use crate::ClusterState;
use crate::delta::measure;
use crate::objects::Objects;
use crate::state::Facts;

/// Why a dump cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// The text could not be read at all.
    #[error("cannot read the dump")]
    Read(#[source] io::Error),
    /// The text is not what `kubectl get -o json` prints.
    #[error("cannot read the dump, in {object}")]
    Json {
        /// The object under way: its number, counted from 1, and the one before it by name.
        object: String,
        /// What went wrong, and at which byte of the decompressed text.
        #[source]
        source: JsonStreamError,
    },
    /// An object of the wrong form.
    #[error("cannot use {object}: wrong at byte {position}")]
    Object {
        /// The object: its number, counted from 1, with kind and name.
        object: String,
        /// Where it is wrong, in bytes of the decompressed text.
        position: u64,
        /// The field and what is wrong with it.
        #[source]
        source: ObjectError,
    },
    /// There is nothing in it.
    #[error("the dump is empty")]
    Empty,
}

/// Reads one dump after another into one state.
#[derive(Debug, Default)]
pub struct DumpReader {
    objects: Objects,
    usage: BTreeMap<NamespacedName, PodUsage>,
    interner: Interner,
}

impl DumpReader {
    /// Has read nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a whole dump. Objects take the place of those of their name that were read before.
    ///
    /// # Errors
    /// At the first byte that is no JSON, and at the first object that is not of the form of its kind:
    /// whoever made the file can look at it.
    pub fn read(&mut self, mut dump: impl Read) -> Result<(), DumpError> {
        let mut magic = Vec::new();
        (&mut dump).take(2).read_to_end(&mut magic).map_err(DumpError::Read)?;
        let is_gzip = magic == [0x1f, 0x8b];
        let whole = io::Cursor::new(magic).chain(dump);
        if is_gzip { self.read_json(gunzip(whole)) } else { self.read_json(whole) }
    }

    /// The state that the dumps describe. It has never seen a delta.
    pub fn finish(self) -> ClusterState {
        ClusterState::from_parts(self.objects, self.usage, Facts::default(), self.interner)
    }

    fn read_json(&mut self, json: impl Read) -> Result<(), DumpError> {
        let mut walk = Walk { stream: JsonStream::new(json), reader: self, number: 0, last: String::new() };
        if walk.texts()? == 0 { Err(DumpError::Empty) } else { Ok(()) }
    }

    fn take(&mut self, item: Item) {
        match item {
            Item::Object(object) => self.objects.set(*object),
            Item::Usage(name, usage) => measure(&mut self.usage, name, usage),
        }
    }
}

/// A walk through one dump.
struct Walk<'r, R> {
    stream: JsonStream<R>,
    reader: &'r mut DumpReader,
    /// How many objects have been met, kept or not.
    number: usize,
    /// The last object that could be read, by which a place after it is named.
    last: String,
}

/// What stands in an object about itself.
#[derive(serde::Deserialize)]
struct Kind<'a> {
    #[serde(borrow)]
    kind: Option<k8s::Text<'a>>,
}

impl<R: Read> Walk<'_, R> {
    /// Reads Lists and single objects to the end; how many there were.
    fn texts(&mut self) -> Result<usize, DumpError> {
        let (mut members, mut texts) = (String::new(), 0);
        while self.peek()?.is_some() {
            texts += 1;
            let position = self.stream.position();
            members.clear();
            if !self.list(&mut members)? {
                self.object(&members, position, None)?;
                std::mem::swap(&mut self.last, &mut members);
            }
        }
        Ok(texts)
    }

    /// Reads a List. When there are no `items`, it was a single object; its members are in `members`.
    fn list(&mut self, members: &mut String) -> Result<bool, DumpError> {
        let (mut key, mut kind, mut is_list) = (String::new(), None, false);
        self.json(JsonStream::enter_object)?;
        while self.json(|stream| stream.next_key(&mut key))? {
            if key == "items" && self.peek()? == Some(b'[') {
                is_list = true;
                self.items(kind.as_deref())?;
                continue;
            }
            self.peek()?;
            let position = self.stream.position();
            members.push(if members.is_empty() { '{' } else { ',' });
            members.push_str(&serde_json::Value::from(key.as_str()).to_string());
            members.push(':');
            let value = self.json(|stream| {
                let value = stream.value()?;
                parse::<serde::de::IgnoredAny>(value, position)?;
                members.push_str(value);
                Ok(if key == "kind" { parse::<Option<String>>(value, position)? } else { None })
            })?;
            if let Some(list) = value.as_deref().and_then(|kind| kind.strip_suffix("List")) {
                // Objects of a plain List say themselves what they are.
                kind = Some(list.to_owned()).filter(|kind| !kind.is_empty());
                is_list = true;
            }
        }
        if !is_list {
            members.push_str(if members.is_empty() { "{}" } else { "}" });
        }
        Ok(is_list)
    }

    fn items(&mut self, kind: Option<&str>) -> Result<(), DumpError> {
        self.json(JsonStream::enter_array)?;
        let mut object = String::new();
        while self.json(JsonStream::next_element)? {
            self.peek()?;
            let position = self.stream.position();
            object.clear();
            object.push_str(self.json(JsonStream::value)?);
            self.object(&object, position, kind)?;
            std::mem::swap(&mut self.last, &mut object);
        }
        Ok(())
    }

    fn object(&mut self, json: &str, position: u64, kind: Option<&str>) -> Result<(), DumpError> {
        let own = match parse::<Kind<'_>>(json, position) {
            Ok(own) => own,
            Err(source) => return Err(DumpError::Json { object: self.under_way(), source }),
        };
        let kind = own.kind.as_deref().or(kind).unwrap_or("");
        let read = match kind {
            "" => Err(ReadObjectError::Object(ObjectError::NoKind)),
            _ => k8s::read(kind, json, &mut self.reader.interner),
        };
        match read {
            Ok(item) => {
                self.number += 1;
                item.into_iter().for_each(|item| self.reader.take(item));
                Ok(())
            }
            Err(ReadObjectError::Syntax(source)) => {
                let source = JsonStreamError::in_value(json, position, source);
                Err(DumpError::Json { object: self.under_way(), source })
            }
            Err(ReadObjectError::Object(source)) => Err(DumpError::Object {
                object: format!("object {}, {}", self.number + 1, name(kind, json)),
                position: position + source.offset() as u64,
                source,
            }),
        }
    }

    fn peek(&mut self) -> Result<Option<u8>, DumpError> {
        self.json(JsonStream::peek)
    }

    fn json<'s, T>(
        &'s mut self,
        step: impl FnOnce(&'s mut JsonStream<R>) -> Result<T, JsonStreamError>,
    ) -> Result<T, DumpError> {
        let (number, last) = (self.number, &self.last);
        step(&mut self.stream).map_err(|source| DumpError::Json { object: under_way(number, last), source })
    }

    fn under_way(&self) -> String {
        under_way(self.number, &self.last)
    }
}

fn under_way(number: usize, last: &str) -> String {
    match number {
        0 => "object 1".to_owned(),
        _ => {
            let kind = serde_json::from_str::<Kind<'_>>(last).ok().and_then(|own| own.kind);
            format!(
                "object {}, the one after {}",
                number + 1,
                name(kind.as_deref().unwrap_or("an object"), last)
            )
        }
    }
}

/// Kind, namespace and name, as far as given.
fn name(kind: &str, json: &str) -> String {
    match (kind, k8s::describe(json)) {
        (kind, (namespace, name)) if namespace.is_empty() => format!("{kind} {name}"),
        (kind, (namespace, name)) => format!("{kind} {namespace}/{name}"),
    }
}
