//! Reading what the agent sends: `agent.Delta`, item by item, from a stream.
//!
//! Nothing is held but the item under way; items come out in the order of the text, and only at the
//! end is it known whether the text was whole. Whoever applies them must therefore wait for the end.
//! `fullSnapshot` stands before `items` in practice, but nothing here relies on it.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use model::{Interner, NamespacedName, PodUsage};

use crate::json_stream::{JsonStream, JsonStreamError, parse};
use crate::k8s::{self, Object, ObjectError, ObjectRef, ReadObjectError};

/// What a delta says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeltaHead {
    /// The cluster it is about, as registered.
    pub cluster_id: String,
    /// Version of the API server, without the leading `v`.
    pub cluster_version: String,
    /// Version of the agent.
    pub agent_version: String,
    /// Whether it holds all objects of the cluster rather than changes to them.
    pub full_snapshot: bool,
}

/// What one item of a delta asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The object is there, and looks like this.
    Set(Box<Object>),
    /// The object is gone. It may be one that was never there.
    Remove(ObjectRef),
    /// The pod of this name used so much. It may be one that is gone.
    Usage(NamespacedName, PodUsage),
}

/// An object that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Skipped {
    /// Its kind; empty if not given.
    pub kind: String,
    /// Its namespace; empty if it has none.
    pub namespace: String,
    /// Its name; empty if not given.
    pub name: String,
    /// What is wrong with it. Values are quoted only where a short scalar is of the wrong form.
    pub error: String,
}

/// Why a delta cannot be read. Nothing of it may be applied then.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the delta, in {path}")]
pub struct DeltaError {
    /// Where it went wrong: `items[17].data`, or the name of another field.
    pub path: String,
    /// What went wrong, and at which byte of the decompressed text.
    #[source]
    pub source: JsonStreamError,
}

/// Decompresses gzip. Unlike a reader of the first member only, it refuses what follows the end.
pub fn gunzip(reader: impl Read) -> impl Read {
    MultiGzDecoder::new(reader)
}

/// Reads a delta to its end and hands each item to `sink`.
///
/// # Errors
/// A text that is cut short, is not JSON, is not of the shape of a delta, or has something behind it.
/// A single object of the wrong form is no error: `sink` is told.
pub fn read_delta(
    reader: impl Read,
    interner: &mut Interner,
    sink: impl FnMut(Result<Change, Skipped>),
) -> Result<DeltaHead, DeltaError> {
    let mut walk = Walk { stream: JsonStream::new(reader), interner, sink, path: String::new() };
    walk.delta().map_err(|source| DeltaError { path: walk.path, source })
}

struct Walk<'i, R, S> {
    stream: JsonStream<R>,
    interner: &'i mut Interner,
    sink: S,
    /// The field under way, for errors.
    path: String,
}

impl<R: Read, S: FnMut(Result<Change, Skipped>)> Walk<'_, R, S> {
    fn delta(&mut self) -> Result<DeltaHead, JsonStreamError> {
        "the delta itself".clone_into(&mut self.path);
        let (mut head, mut key) = (DeltaHead::default(), String::new());
        self.stream.enter_object()?;
        while self.stream.next_key(&mut key)? {
            self.path.clone_from(&key);
            match key.as_str() {
                "clusterId" | "cluster_id" => head.cluster_id = self.text()?,
                "clusterVersion" | "cluster_version" => head.cluster_version = self.text()?,
                "agentVersion" | "agent_version" => head.agent_version = self.text()?,
                "fullSnapshot" | "full_snapshot" => {
                    head.full_snapshot = self.scalar::<Option<bool>>()?.unwrap_or_default();
                }
                "items" if self.stream.peek()? != Some(b'n') => self.items()?,
                _ => self.stream.skip()?,
            }
            "the delta itself".clone_into(&mut self.path);
        }
        self.stream.finish()?;
        Ok(head)
    }

    fn text(&mut self) -> Result<String, JsonStreamError> {
        Ok(self.scalar::<Option<String>>()?.unwrap_or_default())
    }

    fn scalar<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, JsonStreamError> {
        self.stream.peek()?;
        let position = self.stream.position();
        parse(self.stream.value()?, position)
    }

    fn items(&mut self) -> Result<(), JsonStreamError> {
        self.stream.enter_array()?;
        let mut item = Item::default();
        let mut index = 0_usize;
        while self.stream.next_element()? {
            self.path = format!("items[{index}]");
            self.item(&mut item)?;
            index += 1;
        }
        Ok(())
    }

    /// The recorded order is event, kind, data, createdAt, so that data is read where it lies; in any
    /// other order it is kept until the other two are known.
    fn item(&mut self, item: &mut Item) -> Result<(), JsonStreamError> {
        item.clear();
        let mut key = std::mem::take(&mut item.key);
        self.stream.enter_object()?;
        while self.stream.next_key(&mut key)? {
            match key.as_str() {
                "event" => item.event = self.text()?,
                "kind" => item.kind = self.text()?,
                "data" => {
                    self.stream.peek()?;
                    let position = self.stream.position();
                    let data = self.stream.value()?;
                    if item.event.is_empty() || item.kind.is_empty() {
                        item.kept.push_str(data);
                        item.kept_at = position;
                    } else {
                        self.path.push_str(".data");
                        let change = change(&item.event, &item.kind, data, position, self.interner)?;
                        item.done = true;
                        change.into_iter().for_each(&mut self.sink);
                    }
                }
                _ => self.stream.skip()?,
            }
        }
        item.key = key;
        if !item.done {
            let data = if item.kept.is_empty() { "null" } else { item.kept.as_str() };
            let change = change(&item.event, &item.kind, data, item.kept_at, self.interner)?;
            change.into_iter().for_each(&mut self.sink);
        }
        Ok(())
    }
}

/// An item under way; kept from one to the next for the sake of its buffers.
#[derive(Default)]
struct Item {
    key: String,
    event: String,
    kind: String,
    /// Data that came before it could be read, and where it stood.
    kept: String,
    kept_at: u64,
    done: bool,
}

impl Item {
    fn clear(&mut self) {
        self.event.clear();
        self.kind.clear();
        self.kept.clear();
        self.done = false;
    }
}

/// Reads the data of an item; `None` for kinds that are not kept.
fn change(
    event: &str,
    kind: &str,
    data: &str,
    position: u64,
    interner: &mut Interner,
) -> Result<Option<Result<Change, Skipped>>, JsonStreamError> {
    let read = match event {
        _ if kind.is_empty() => Err(ReadObjectError::Object(ObjectError::NoKind)),
        "add" | "update" => k8s::read(kind, data, interner).map(|item| match item? {
            k8s::Item::Object(object) => Some(Change::Set(object)),
            k8s::Item::Usage(name, usage) => Some(Change::Usage(name, usage)),
        }),
        "delete" => k8s::read_reference(kind, data, interner).map(|object| object.map(Change::Remove)),
        _ => Err(ReadObjectError::Object(ObjectError::UnknownEvent(event.chars().take(32).collect()))),
    };
    match read {
        Ok(change) => Ok(change.map(Ok)),
        Err(ReadObjectError::Object(error)) => {
            // An object that was not looked into must be JSON all the same.
            parse::<serde::de::IgnoredAny>(data, position)?;
            Ok(Some(Err(skipped(kind, data, error.to_string()))))
        }
        Err(ReadObjectError::Syntax(source)) => Err(JsonStreamError::in_value(data, position, source)),
    }
}

fn skipped(kind: &str, data: &str, error: String) -> Skipped {
    let (namespace, name) = k8s::describe(data);
    Skipped { kind: kind.to_owned(), namespace, name, error }
}
