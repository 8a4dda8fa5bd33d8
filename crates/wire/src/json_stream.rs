//! Walks through a large JSON text without holding it: containers are entered, values are handed out
//! one at a time as slices of text.
//!
//! The walk itself checks only as much of a value as it takes to find its end. Whoever takes a value
//! parses it, and so finds what is wrong inside.

use std::io::{self, Read};

use crate::k8s::Text;

/// How much is read at a time.
const CHUNK: usize = 256 * 1024;

/// The longest value handed out. An object of Kubernetes is at most some 3 MiB, etcd's limit.
const LONGEST_VALUE: usize = 64 * 1024 * 1024;

/// What went wrong in a JSON text, and where.
#[derive(Debug, thiserror::Error)]
pub enum JsonStreamError {
    /// The text could not be read or decompressed.
    #[error("cannot read on after byte {position}")]
    Read {
        /// How much had been read, in bytes of the decompressed text.
        position: u64,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The text ends in the middle.
    #[error("the text ends early, at byte {position}")]
    Truncated {
        /// Where it ends.
        position: u64,
    },
    /// Something else stands where JSON needs a certain mark.
    #[error("byte {position}: expected {expected}")]
    Unexpected {
        /// Where.
        position: u64,
        /// What should be there.
        expected: &'static str,
    },
    /// A value that is not JSON, or not of the type that belongs there.
    #[error("byte {position}: not the JSON expected here")]
    Syntax {
        /// Where.
        position: u64,
        /// What the parser says.
        #[source]
        source: serde_json::Error,
    },
    /// A value whose bytes are no text.
    #[error("byte {position}: not UTF-8")]
    NotUtf8 {
        /// Where.
        position: u64,
    },
    /// One value is larger than any that makes sense.
    #[error("byte {position}: a single value of more than {LONGEST_VALUE} bytes")]
    TooLong {
        /// Where it begins.
        position: u64,
    },
}

type Result<T> = std::result::Result<T, JsonStreamError>;

/// A walk through one JSON text after another.
#[derive(Debug)]
pub struct JsonStream<R> {
    reader: R,
    buffer: Vec<u8>,
    /// What of the buffer has been handed out.
    start: usize,
    /// What of the buffer is filled.
    end: usize,
    /// Where the buffer begins in the text.
    offset: u64,
    /// Whether a value of the current container has just ended, so that a comma is due.
    after_value: bool,
}

impl<R: Read> JsonStream<R> {
    /// Stands before the first value.
    pub fn new(reader: R) -> Self {
        Self { reader, buffer: vec![0; CHUNK], start: 0, end: 0, offset: 0, after_value: false }
    }

    /// Where the walk stands, in bytes of the text.
    pub fn position(&self) -> u64 {
        self.offset + self.start as u64
    }

    /// The first byte of the next value or mark, white space passed over; `None` at the end.
    pub fn peek(&mut self) -> Result<Option<u8>> {
        loop {
            while self.start < self.end {
                match self.buffer[self.start] {
                    b' ' | b'\n' | b'\r' | b'\t' => self.start += 1,
                    byte => return Ok(Some(byte)),
                }
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// Enters the object that stands next.
    pub fn enter_object(&mut self) -> Result<()> {
        self.mark(b'{', "an object")?;
        self.after_value = false;
        Ok(())
    }

    /// Enters the array that stands next.
    pub fn enter_array(&mut self) -> Result<()> {
        self.mark(b'[', "an array")?;
        self.after_value = false;
        Ok(())
    }

    /// Moves to the next member of the object entered last, and puts its name into `key`; false, and
    /// out of the object, when there is none.
    pub fn next_key(&mut self, key: &mut String) -> Result<bool> {
        if !self.next_in(b'}', "a comma or the end of the object")? {
            return Ok(false);
        }
        if self.peek()?.is_some_and(|byte| byte != b'"') {
            return Err(self.unexpected("the name of a member"));
        }
        let position = self.position();
        let name: Text<'_> = parse(self.value()?, position)?;
        key.clear();
        key.push_str(&name);
        self.mark(b':', "a colon")?;
        Ok(true)
    }

    /// Moves to the next element of the array entered last; false, and out of the array, when there
    /// is none.
    pub fn next_element(&mut self) -> Result<bool> {
        self.next_in(b']', "a comma or the end of the array")
    }

    fn next_in(&mut self, close: u8, expected: &'static str) -> Result<bool> {
        let after_value = std::mem::replace(&mut self.after_value, false);
        match self.peek()? {
            Some(byte) if byte == close => {
                self.start += 1;
                self.after_value = true;
                Ok(false)
            }
            Some(b',') if after_value => {
                self.start += 1;
                if self.peek()? == Some(close) {
                    Err(self.unexpected("a value after the comma"))
                } else {
                    Ok(true)
                }
            }
            Some(_) if after_value => Err(self.unexpected(expected)),
            Some(_) => Ok(true),
            None => Err(self.truncated()),
        }
    }

    /// The text of the value that stands next, whole.
    pub fn value(&mut self) -> Result<&str> {
        let first = self.peek()?.ok_or_else(|| self.truncated())?;
        let length = match first {
            b'{' | b'[' => self.nested_length()?,
            b'"' => self.string_length()?,
            b'}' | b']' | b',' | b':' => return Err(self.unexpected("a value")),
            _ => self.scalar_length()?,
        };
        let (from, position) = (self.start, self.position());
        self.start += length;
        self.after_value = true;
        // Checked once for the whole value rather than for each text in it.
        std::str::from_utf8(&self.buffer[from..from + length])
            .map_err(|error| JsonStreamError::NotUtf8 { position: position + error.valid_up_to() as u64 })
    }

    /// Passes over the value that stands next; it must be JSON all the same.
    pub fn skip(&mut self) -> Result<()> {
        self.peek()?;
        let position = self.position();
        parse::<serde::de::IgnoredAny>(self.value()?, position).map(drop)
    }

    /// Checks that nothing but white space follows.
    pub fn finish(&mut self) -> Result<()> {
        match self.peek()? {
            None => Ok(()),
            Some(_) => Err(self.unexpected("nothing more")),
        }
    }

    fn mark(&mut self, mark: u8, expected: &'static str) -> Result<()> {
        match self.peek()? {
            Some(byte) if byte == mark => {
                self.start += 1;
                Ok(())
            }
            Some(_) => Err(self.unexpected(expected)),
            None => Err(self.truncated()),
        }
    }

    fn nested_length(&mut self) -> Result<usize> {
        let (mut at, mut depth, mut in_string) = (0, 0_usize, false);
        loop {
            let filled = &self.buffer[self.start..self.end];
            while at < filled.len() {
                if in_string {
                    match memchr::memchr2(b'"', b'\\', &filled[at..]) {
                        None => at = filled.len(),
                        Some(found) if filled[at + found] == b'"' => {
                            in_string = false;
                            at += found + 1;
                        }
                        Some(found) => at += found + 2,
                    }
                    continue;
                }
                match filled[at] {
                    b'"' => in_string = true,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => {
                        depth -= 1;
                        if depth == 0 {
                            return Ok(at + 1);
                        }
                    }
                    _ => {}
                }
                at += 1;
            }
            self.fill_or_fail()?;
        }
    }

    fn string_length(&mut self) -> Result<usize> {
        let mut at = 1;
        loop {
            let filled = &self.buffer[self.start..self.end];
            while at < filled.len() {
                match memchr::memchr2(b'"', b'\\', &filled[at..]) {
                    None => at = filled.len(),
                    Some(found) if filled[at + found] == b'"' => return Ok(at + found + 1),
                    Some(found) => at += found + 2,
                }
            }
            self.fill_or_fail()?;
        }
    }

    fn scalar_length(&mut self) -> Result<usize> {
        let mut at = 1;
        loop {
            let filled = &self.buffer[self.start..self.end];
            let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b':' | b' ' | b'\n' | b'\r' | b'\t');
            match filled[at.min(filled.len())..].iter().position(ends) {
                Some(found) => return Ok(at + found),
                None => at = filled.len(),
            }
            if !self.fill()? {
                return Ok(at);
            }
        }
    }

    fn fill_or_fail(&mut self) -> Result<()> {
        if self.fill()? { Ok(()) } else { Err(self.truncated()) }
    }

    /// Reads more behind what is filled; false at the end of the text.
    fn fill(&mut self) -> Result<bool> {
        if self.end - self.start > LONGEST_VALUE {
            return Err(JsonStreamError::TooLong { position: self.position() });
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.offset += self.start as u64;
        self.end -= self.start;
        self.start = 0;
        if self.buffer.len() < self.end + CHUNK {
            self.buffer.resize((self.buffer.len() * 2).max(self.end + CHUNK), 0);
        }
        loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(read) => {
                    self.end += read;
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => {
                    return Err(JsonStreamError::Read { position: self.offset + self.end as u64, source });
                }
            }
        }
    }

    fn unexpected(&self, expected: &'static str) -> JsonStreamError {
        JsonStreamError::Unexpected { position: self.position(), expected }
    }

    fn truncated(&self) -> JsonStreamError {
        JsonStreamError::Truncated { position: self.offset + self.end as u64 }
    }
}

/// Parses a value that was handed out at `position`.
pub fn parse<'a, T: serde::Deserialize<'a>>(value: &'a str, position: u64) -> Result<T> {
    serde_json::from_str(value).map_err(|source| JsonStreamError::in_value(value, position, source))
}

impl JsonStreamError {
    /// The error that a parser met in a value that was handed out at `position`.
    pub fn in_value(value: &str, position: u64, source: serde_json::Error) -> Self {
        let offset = offset_in(value, &source);
        Self::Syntax { position: position + offset as u64, source }
    }
}

/// Where in `value` a parser met the error.
pub(crate) fn offset_in(value: &str, error: &serde_json::Error) -> usize {
    let line_start = match error.line() {
        0 | 1 => 0,
        line => memchr::memchr_iter(b'\n', value.as_bytes()).nth(line - 2).map_or(0, |newline| newline + 1),
    };
    (line_start + error.column().saturating_sub(1)).min(value.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out one byte at a time, so that every border between reads is met.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let Some((&first, rest)) = self.0.split_first() else { return Ok(0) };
            into[0] = first;
            self.0 = rest;
            Ok(1)
        }
    }

    const TEXT: &str = r#" {"a" : {"x\"}":["\\",1]} , "b":[ 1.5e3 , "q]" , null,{} ],"c":"\u0041" } "#;

    fn walk(mut stream: JsonStream<impl Read>) -> Result<Vec<String>> {
        let (mut seen, mut key) = (Vec::new(), String::new());
        stream.enter_object()?;
        while stream.next_key(&mut key)? {
            seen.push(format!("{key}="));
            if key == "b" {
                stream.enter_array()?;
                while stream.next_element()? {
                    seen.push(stream.value()?.to_owned());
                }
            } else {
                seen.push(stream.value()?.to_owned());
            }
        }
        stream.finish()?;
        Ok(seen)
    }

    #[test]
    fn walks_through_containers_whatever_the_reads() {
        let expected =
            ["a=", r#"{"x\"}":["\\",1]}"#, "b=", "1.5e3", r#""q]""#, "null", "{}", "c=", r#""\u0041""#];
        assert_eq!(walk(JsonStream::new(TEXT.as_bytes())).unwrap(), expected);
        assert_eq!(walk(JsonStream::new(Drip(TEXT.as_bytes()))).unwrap(), expected);
    }

    #[test]
    fn every_truncation_is_an_error() {
        let whole = TEXT.trim_end().len();
        for end in 0..whole {
            let error = walk(JsonStream::new(&TEXT.as_bytes()[..end])).unwrap_err();
            assert!(matches!(error, JsonStreamError::Truncated { .. }), "{end}: {error}");
        }
    }

    #[test]
    fn marks_out_of_place_are_errors_with_their_position() {
        for (text, position) in [
            ("[", 0),
            ("{,}", 1),
            (r#"{"a":1,}"#, 7),
            (r#"{"a":1 "b":2}"#, 7),
            (r#"{"a" 1}"#, 5),
            (r#"{"b":[1,]}"#, 8),
            ("{} x", 3),
            (r#"{a:1}"#, 1),
        ] {
            match walk(JsonStream::new(text.as_bytes())).unwrap_err() {
                JsonStreamError::Unexpected { position: at, .. } => assert_eq!(at, position, "{text}"),
                other => panic!("{text}: {other}"),
            }
        }
    }
}
