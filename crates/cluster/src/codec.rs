//! State and deltas as bytes, to be stored and read back.
//!
//! The first byte says what follows and in which form, the rest is compressed with Zstandard, checksum
//! included: objects one after another in `postcard`, each with its length before it. Objects are
//! written whole and share again what they repeat as they are read back, one at a time, so that
//! neither direction needs a second copy of everything.
//!
//! A form is never changed, only followed by another: add a byte to [`Form`] when a type of `model` that
//! is stored here changes. What is stored in an older form is still read: fields are only ever added at
//! the end of a stored type, so that bytes of zero behind an older value are those fields, each nothing,
//! and kinds of objects only behind the others.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::sync::Arc;

use model::{Interner, NamespacedName, PodUsage, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::delta::{DeltaHead, Skipped};
use wire::k8s::ObjectRef;

use crate::objects::Objects;
use crate::state::Facts;
use crate::table::{Keyed, Table};
use crate::{ClusterState, Delta};

/// The first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Form {
    State1 = 1,
    Delta1 = 2,
    /// With drivers, their room and what they attached; pods, nodes, volumes and claims say more.
    State2 = 3,
    Delta2 = 4,
}

/// As many bytes of zero as the fields added since the first form take when there is nothing in them.
const ADDED_SINCE_FIRST: [u8; 16] = [0; 16];

/// Compression: fast, and within a tenth of the size of the slow levels here.
const ZSTD_LEVEL: i32 = 3;

/// No stored value is longer; a longer one is damage.
const LONGEST_VALUE: u64 = 256 * 1024 * 1024;

/// Why state or a delta cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// A value has no form in `postcard`.
    #[error("cannot write a stored value")]
    Value(#[source] postcard::Error),
    /// Compression failed.
    #[error("cannot compress what is stored")]
    Compress(#[source] io::Error),
}

/// Why stored bytes are no state or delta.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The first byte is none that this version knows.
    #[error("unknown form {found:?} of a stored {expected}: written by a newer version, or damaged")]
    Form {
        /// The byte; `None` when there is none.
        found: Option<u8>,
        /// What was to be read.
        expected: &'static str,
    },
    /// Damaged or cut short.
    #[error("cannot decompress what is stored")]
    Decompress(#[source] io::Error),
    /// Decompressed well, but not what was written.
    #[error("cannot read a stored value")]
    Value(#[source] postcard::Error),
    /// A length beyond all sense.
    #[error("a stored value of {0} bytes")]
    TooLong(u64),
    /// Something follows where all has been read.
    #[error("more is stored than belongs there")]
    TrailingBytes,
}

impl ClusterState {
    /// The state as bytes, which [`decode`](Self::decode) makes an equal state of.
    ///
    /// # Errors
    /// Only when compression cannot get memory, or a type cannot be written at all.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut writer = Writer::new(Form::State2)?;
        writer.value(&self.facts)?;
        writer.objects(&self.objects)?;
        writer.map(&self.usage)?;
        writer.finish()
    }

    /// Reads back what [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    /// When the bytes are of another version, damaged or cut short.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, [Form::State1, Form::State2], "state")?;
        let facts: Facts = reader.value()?;
        let (objects, interner) = reader.objects()?;
        let usage = reader.map()?;
        reader.finish()?;
        Ok(Self::from_parts(objects, usage, facts, interner))
    }
}

/// What of a delta is not an object.
#[derive(serde::Serialize, serde::Deserialize)]
struct DeltaFacts {
    cluster_id: String,
    cluster_version: String,
    agent_version: String,
    full_snapshot: bool,
    received_at: Timestamp,
    skipped: Vec<Skipped>,
    removed: Vec<ObjectRef>,
}

impl Delta {
    /// The delta as bytes, of which [`decode`](Self::decode) makes a delta of the same effect.
    ///
    /// # Errors
    /// Only when compression cannot get memory, or a type cannot be written at all.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut writer = Writer::new(Form::Delta2)?;
        writer.value(&DeltaFacts {
            cluster_id: self.head.cluster_id.clone(),
            cluster_version: self.head.cluster_version.clone(),
            agent_version: self.head.agent_version.clone(),
            full_snapshot: self.head.full_snapshot,
            received_at: self.received_at,
            skipped: self.skipped.clone(),
            removed: self.removed.clone(),
        })?;
        writer.objects(&self.objects)?;
        writer.map(&self.usage)?;
        writer.finish()
    }

    /// Reads back what [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    /// When the bytes are of another version, damaged or cut short.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, [Form::Delta1, Form::Delta2], "delta")?;
        let facts: DeltaFacts = reader.value()?;
        let (objects, interner) = reader.objects()?;
        let usage = reader.map()?;
        reader.finish()?;
        let head = DeltaHead {
            cluster_id: facts.cluster_id,
            cluster_version: facts.cluster_version,
            agent_version: facts.agent_version,
            full_snapshot: facts.full_snapshot,
        };
        let (skipped, removed) = (facts.skipped, facts.removed);
        Ok(Self { head, received_at: facts.received_at, skipped, objects, removed, usage, interner })
    }
}

struct Writer {
    out: zstd::Encoder<'static, Vec<u8>>,
    buffer: Vec<u8>,
}

impl Writer {
    fn new(form: Form) -> Result<Self, EncodeError> {
        let mut out = zstd::Encoder::new(vec![form as u8], ZSTD_LEVEL).map_err(EncodeError::Compress)?;
        out.include_checksum(true).map_err(EncodeError::Compress)?;
        Ok(Self { out, buffer: Vec::new() })
    }

    fn value(&mut self, value: &impl Serialize) -> Result<(), EncodeError> {
        self.buffer.clear();
        let buffer = std::mem::take(&mut self.buffer);
        self.buffer = postcard::to_extend(value, buffer).map_err(EncodeError::Value)?;
        self.length(self.buffer.len())?;
        self.out.write_all(&self.buffer).map_err(EncodeError::Compress)
    }

    fn length(&mut self, length: usize) -> Result<(), EncodeError> {
        self.out.write_all(&(length as u64).to_le_bytes()).map_err(EncodeError::Compress)
    }

    fn table<T: Keyed + Serialize>(&mut self, table: &Table<T>) -> Result<(), EncodeError> {
        self.length(table.len())?;
        table.iter().try_for_each(|object| self.value(&**object))
    }

    fn objects(&mut self, objects: &Objects) -> Result<(), EncodeError> {
        self.table(&objects.nodes)?;
        self.table(&objects.pods)?;
        self.table(&objects.namespaces)?;
        self.table(&objects.workloads)?;
        self.table(&objects.disruption_budgets)?;
        self.table(&objects.volumes)?;
        self.table(&objects.claims)?;
        self.table(&objects.storage_classes)?;
        self.table(&objects.node_storage)?;
        self.table(&objects.autoscalers)?;
        self.table(&objects.autoscalers_v1)?;
        self.table(&objects.storage_drivers)?;
        self.table(&objects.storage_capacities)?;
        self.table(&objects.attachments)
    }

    fn map(&mut self, map: &BTreeMap<NamespacedName, PodUsage>) -> Result<(), EncodeError> {
        self.length(map.len())?;
        map.iter().try_for_each(|entry| self.value(&entry))
    }

    fn finish(self) -> Result<Vec<u8>, EncodeError> {
        self.out.finish().map_err(EncodeError::Compress)
    }
}

struct Reader<'a> {
    input: zstd::Decoder<'static, &'a [u8]>,
    buffer: Vec<u8>,
    /// It is of the first form.
    is_first: bool,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8], [first, now]: [Form; 2], expected: &'static str) -> Result<Self, DecodeError> {
        match bytes.split_first() {
            Some((&found, rest)) if found == first as u8 || found == now as u8 => {
                let input = zstd::Decoder::with_buffer(rest).map_err(DecodeError::Decompress)?;
                Ok(Self { input, buffer: Vec::new(), is_first: found == first as u8 })
            }
            other => Err(DecodeError::Form { found: other.map(|(&found, _)| found), expected }),
        }
    }

    fn length(&mut self) -> Result<u64, DecodeError> {
        let mut bytes = [0; 8];
        self.input.read_exact(&mut bytes).map_err(DecodeError::Decompress)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn value<T: DeserializeOwned>(&mut self) -> Result<T, DecodeError> {
        let length = self.length()?;
        if length > LONGEST_VALUE {
            return Err(DecodeError::TooLong(length));
        }
        self.buffer.clear();
        let read =
            (&mut self.input).take(length).read_to_end(&mut self.buffer).map_err(DecodeError::Decompress)?;
        if read as u64 != length {
            return Err(DecodeError::Decompress(io::ErrorKind::UnexpectedEof.into()));
        }
        if self.is_first {
            self.buffer.extend_from_slice(&ADDED_SINCE_FIRST);
        }
        postcard::from_bytes(&self.buffer).map_err(DecodeError::Value)
    }

    fn table<T: Keyed + DeserializeOwned>(
        &mut self,
        interner: &mut Interner,
    ) -> Result<Table<T>, DecodeError> {
        let mut table = Table::default();
        for _ in 0..self.length()? {
            let mut object: T = self.value()?;
            object.adopt_into(interner);
            table.set(Arc::new(object));
        }
        Ok(table)
    }

    fn objects(&mut self) -> Result<(Objects, Interner), DecodeError> {
        let mut interner = Interner::default();
        // Fields are read in the order in which they are written here, which is that of the writer.
        let mut objects = Objects {
            nodes: self.table(&mut interner)?,
            pods: self.table(&mut interner)?,
            namespaces: self.table(&mut interner)?,
            workloads: self.table(&mut interner)?,
            disruption_budgets: self.table(&mut interner)?,
            volumes: self.table(&mut interner)?,
            claims: self.table(&mut interner)?,
            storage_classes: self.table(&mut interner)?,
            node_storage: self.table(&mut interner)?,
            autoscalers: self.table(&mut interner)?,
            autoscalers_v1: self.table(&mut interner)?,
            ..Objects::default()
        };
        if !self.is_first {
            objects.storage_drivers = self.table(&mut interner)?;
            objects.storage_capacities = self.table(&mut interner)?;
            objects.attachments = self.table(&mut interner)?;
        }
        Ok((objects, interner))
    }

    fn map(&mut self) -> Result<BTreeMap<NamespacedName, PodUsage>, DecodeError> {
        let mut map = BTreeMap::new();
        for _ in 0..self.length()? {
            let (name, usage) = self.value()?;
            map.insert(name, usage);
        }
        Ok(map)
    }

    fn finish(mut self) -> Result<(), DecodeError> {
        let mut beyond = [0];
        match self.input.read(&mut beyond).map_err(DecodeError::Decompress)? {
            0 => Ok(()),
            _ => Err(DecodeError::TrailingBytes),
        }
    }
}
