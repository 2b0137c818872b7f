//! A schema registry: the schema behind an id in a record.
//!
//! The protocol is Confluent's, which other registries speak as well
//! (<https://docs.confluent.io/platform/current/schema-registry/develop/api.html>). What fails is asked for again until
//! patience ends, and never remembered: only an answer is.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use serde_json::Value;
use ureq::Agent;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, TlsProvider};

pub use super::avro::Writer;
use crate::report::quoted;

/// Longest answer that is read.
const MOST_BYTES: u64 = 16 << 20;
/// The first pause before asking again; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// How deep a schema may go by its references.
const MOST_REFERENCES: usize = 32;

/// A registry and how it is spoken to.
#[derive(Clone)]
pub struct Settings {
    pub url: String,
    pub user: Option<String>,
    pub password: Option<String>,
    /// Certificates in PEM to be trusted in place of the system's.
    pub authorities: Option<PathBuf>,
    /// Certificates of whoever asks and their private key, both in PEM.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// How long one answer may take.
    pub timeout: Duration,
    /// How long asking goes on.
    pub patience: Duration,
}

impl Settings {
    /// A user in the URL, as in `http://USER:PASSWORD@HOST`, is taken out of it: the URL is shown, a password never is.
    pub fn new(url: &str) -> Settings {
        let (url, user, password) = without_user(url);
        Settings {
            url: url.trim_end_matches('/').to_owned(),
            user,
            password,
            authorities: None,
            identity: None,
            timeout: Duration::from_secs(5),
            patience: Duration::from_secs(20),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    #[error("schema registry {url}: no usable answer for {seconds} s, in {tries} tries; the last: {last}")]
    Silent { url: String, seconds: u64, tries: usize, last: String },
    #[error("schema registry {url} refused it: {answer}")]
    Refused { url: String, status: u16, answer: String },
    #[error("schema id {id} is unknown to schema registry {url}: {answer}")]
    UnknownId { id: u32, url: String, answer: String },
    #[error("schema id {id} is not kept with the record: no registry knew it at the time")]
    NotKept { id: u32 },
    #[error("schema id {id}: wanted an Avro schema, found one of type {found}")]
    NotAvro { id: u32, found: String },
    #[error("schema id {id}: {reason}")]
    BadSchema { id: u32, reason: String },
    #[error("{file}: wanted {wanted} in PEM: {reason}", file = .file.display())]
    NotPem { file: PathBuf, wanted: &'static str, reason: String },
}

impl RegistryError {
    /// Whether the registry has spoken, so that it is the record that is wrong.
    pub fn is_about_the_record(&self) -> bool {
        matches!(
            self,
            RegistryError::UnknownId { .. }
                | RegistryError::NotKept { .. }
                | RegistryError::NotAvro { .. }
                | RegistryError::BadSchema { .. }
        )
    }
}

/// Who knows the schema behind an id.
pub trait Schemas {
    fn schema(&self, id: u32) -> Result<Arc<Writer>, RegistryError>;
}

pub struct Registry {
    settings: Settings,
    agent: Agent,
    /// The answers so far; behind a cell, since looking one up changes nothing for anybody else.
    schemas: RefCell<HashMap<u32, Arc<Writer>>>,
}

/// One answer.
struct Answer {
    status: u16,
    text: String,
}

impl Registry {
    pub fn new(settings: Settings) -> Result<Registry, RegistryError> {
        let mut tls = TlsConfig::builder().provider(TlsProvider::NativeTls);
        if let Some(file) = &settings.authorities {
            tls = tls.root_certs(RootCerts::Specific(Arc::new(certificates(file)?)));
        }
        if let Some((certificate, key)) = &settings.identity {
            tls = tls.client_cert(Some(ClientCert::new_with_certs(&certificates(certificate)?, private_key(key)?)));
        }
        let config = Agent::config_builder()
            .timeout_global(Some(settings.timeout))
            .http_status_as_error(false)
            .tls_config(tls.build())
            .build();
        Ok(Registry { settings, agent: config.new_agent(), schemas: RefCell::default() })
    }

    /// The texts of a schema that was asked for before: those it names first, itself last.
    pub fn known(&self, id: u32) -> Option<Vec<String>> {
        self.schemas.borrow().get(&id).map(|schema| schema.texts().to_vec())
    }

    /// Registers a schema under a subject, or finds that it is: its id.
    pub fn register(&self, subject: &str, schema: &str) -> Result<u32, RegistryError> {
        let body = serde_json::json!({"schema": schema}).to_string();
        let path = format!("/subjects/{}/versions", escaped(subject));
        let answer = self.ask(
            |url| {
                let request = self.authorized(self.agent.post(url));
                request.header("Content-Type", "application/vnd.schemaregistry.v1+json").send(&body)
            },
            &path,
        )?;
        let id = answer.get("id").and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok());
        id.ok_or_else(|| RegistryError::Refused {
            url: format!("{}{path}", self.settings.url),
            status: 200,
            answer: format!("wanted an id, found {}", excerpt(&answer.to_string())),
        })
    }

    fn parse(&self, id: u32, answer: &Value) -> Result<Writer, RegistryError> {
        match answer.get("schemaType").and_then(Value::as_str) {
            None | Some("AVRO") => {}
            Some(other) => return Err(RegistryError::NotAvro { id, found: excerpt(other) }),
        }
        let bad = |reason: String| RegistryError::BadSchema { id, reason: quoted(&reason) };
        let text = answer
            .get("schema")
            .and_then(Value::as_str)
            .ok_or_else(|| bad(format!("no schema in {}", excerpt(&answer.to_string()))))?;
        let mut texts = vec![];
        self.references(id, answer, &mut texts, 0)?;
        texts.push(text.to_owned());
        Writer::parse(&texts).map_err(bad)
    }

    /// The schemas that this one names, those they name first.
    fn references(&self, id: u32, answer: &Value, texts: &mut Vec<String>, depth: usize) -> Result<(), RegistryError> {
        if depth > MOST_REFERENCES {
            let reason = format!("its references go deeper than {MOST_REFERENCES}");
            return Err(RegistryError::BadSchema { id, reason });
        }
        for reference in answer.get("references").and_then(Value::as_array).into_iter().flatten() {
            let subject = reference.get("subject").and_then(Value::as_str).unwrap_or_default();
            let version = reference.get("version").and_then(Value::as_i64).unwrap_or_default();
            let found = self.get(&format!("/subjects/{}/versions/{version}", escaped(subject)))?;
            self.references(id, &found, texts, depth + 1)?;
            let text = found.get("schema").and_then(Value::as_str).unwrap_or_default().to_owned();
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        Ok(())
    }

    fn get(&self, path: &str) -> Result<Value, RegistryError> {
        self.ask(|url| self.authorized(self.agent.get(url)).call(), path)
    }

    /// Asks until there is an answer in JSON, or patience ends.
    ///
    /// A 4xx is an answer, but for two things. A registry of several nodes may not know yet what was registered with another,
    /// so a 404 is none before it has been asked three times. And a 404 that names no error of the protocol is some other
    /// server's: it knows nothing of any schema.
    fn ask(
        &self,
        send: impl Fn(&str) -> Result<ureq::http::Response<ureq::Body>, ureq::Error>,
        path: &str,
    ) -> Result<Value, RegistryError> {
        const ANSWERS: usize = 3;
        let url = format!("{}{path}", self.settings.url);
        let began = Instant::now();
        let (mut tries, mut refusals, mut pause) = (0, 0, FIRST_PAUSE);
        loop {
            tries += 1;
            let last = match self.answer(&send, &url) {
                Ok(Answer { status: 200..=299, text }) => match serde_json::from_str::<Value>(&text) {
                    Ok(answer) if answer.is_object() => return Ok(answer),
                    _ => format!("wanted JSON, found {}", excerpt(&text)),
                },
                Ok(Answer { status: status @ 400..=499, text }) if is_refusal(status, &text) => {
                    refusals += 1;
                    let answer = format!("{status} {}", excerpt(&text));
                    if refusals == ANSWERS || status != 404 {
                        return Err(RegistryError::Refused { url, status, answer });
                    }
                    answer
                }
                Ok(Answer { status, text }) => format!("{status} {}", excerpt(&text)),
                Err(reason) => reason,
            };
            tracing::warn!(url, tries, last, "schema registry");
            if began.elapsed() + pause > self.settings.patience {
                return Err(RegistryError::Silent { url, seconds: began.elapsed().as_secs(), tries, last });
            }
            std::thread::sleep(pause);
            pause *= 2;
        }
    }

    fn answer(
        &self,
        send: impl Fn(&str) -> Result<ureq::http::Response<ureq::Body>, ureq::Error>,
        url: &str,
    ) -> Result<Answer, String> {
        let mut response = send(url).map_err(|error| error.to_string())?;
        let status = response.status().as_u16();
        let text = response.body_mut().with_config().limit(MOST_BYTES).read_to_string();
        Ok(Answer { status, text: text.map_err(|error| error.to_string())? })
    }

    fn authorized<B>(&self, request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        match &self.settings.user {
            Some(user) => {
                let password = self.settings.password.as_deref().unwrap_or_default();
                let basic = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
                request.header("Authorization", format!("Basic {basic}"))
            }
            None => request,
        }
    }
}

impl Schemas for Registry {
    fn schema(&self, id: u32) -> Result<Arc<Writer>, RegistryError> {
        if let Some(schema) = self.schemas.borrow().get(&id) {
            return Ok(schema.clone());
        }
        let answer = self.get(&format!("/schemas/ids/{id}")).map_err(|error| match error {
            RegistryError::Refused { url, status: 404, answer } => RegistryError::UnknownId { id, url, answer },
            other => other,
        })?;
        let schema = Arc::new(self.parse(id, &answer)?);
        self.schemas.borrow_mut().insert(id, schema.clone());
        Ok(schema)
    }
}

/// Schemas by their texts, as [`Registry::known`] gives them.
#[derive(Debug, Default)]
pub struct Known(pub HashMap<u32, Vec<String>>);

impl Schemas for Known {
    fn schema(&self, id: u32) -> Result<Arc<Writer>, RegistryError> {
        let texts = self.0.get(&id).ok_or(RegistryError::NotKept { id })?;
        let bad = |reason: String| RegistryError::BadSchema { id, reason: quoted(&reason) };
        Writer::parse(texts).map(Arc::new).map_err(bad)
    }
}

fn certificates(file: &Path) -> Result<Vec<Certificate<'static>>, RegistryError> {
    in_pem(file, "certificates", |item| match item {
        PemItem::Certificate(certificate) => Some(certificate),
        _ => None,
    })
}

fn private_key(file: &Path) -> Result<PrivateKey<'static>, RegistryError> {
    let mut keys = in_pem(file, "a private key", |item| match item {
        PemItem::PrivateKey(key) => Some(key),
        _ => None,
    })?;
    Ok(keys.swap_remove(0))
}

/// At least one of what is wanted.
fn in_pem<T>(
    file: &Path,
    wanted: &'static str,
    of: impl Fn(PemItem<'static>) -> Option<T>,
) -> Result<Vec<T>, RegistryError> {
    let fail = |reason: String| RegistryError::NotPem { file: file.to_owned(), wanted, reason };
    let bytes = std::fs::read(file).map_err(|error| fail(error.to_string()))?;
    let items = ureq::tls::parse_pem(&bytes).filter_map(|item| item.map(&of).transpose());
    let found: Vec<T> = items.collect::<Result<_, _>>().map_err(|error| fail(error.to_string()))?;
    match found.is_empty() {
        true => Err(fail("there is none in it".to_owned())),
        false => Ok(found),
    }
}

/// Whether a registry said no, and not a server that is busy or another.
fn is_refusal(status: u16, text: &str) -> bool {
    let names_an_error = || serde_json::from_str(text).is_ok_and(|answer: Value| answer.get("error_code").is_some());
    match status {
        408 | 429 => false,
        404 => names_an_error(),
        _ => true,
    }
}

/// A URL, and the user and password that were in it.
fn without_user(url: &str) -> (String, Option<String>, Option<String>) {
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (&url[..scheme.len() + 3], rest));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((user, host)) = authority.rsplit_once('@') else { return (url.to_owned(), None, None) };
    let rest = format!("{host}{}", &rest[authority.len()..]);
    let (user, password) = user.split_once(':').map_or((user, None), |(user, password)| (user, Some(password)));
    (format!("{scheme}{rest}"), Some(unescaped(user)), password.map(unescaped))
}

/// Text in which `%41` stands for `A`.
fn unescaped(text: &str) -> String {
    let code = |rest: &str| rest.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        match code(part) {
            Some(byte) => bytes.extend([&[byte], &part.as_bytes()[2..]].concat()),
            None => bytes.extend([b"%", part.as_bytes()].concat()),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A subject as part of a path.
fn escaped(subject: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    subject.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// The beginning of an answer, on one line.
fn excerpt(text: &str) -> String {
    let mut short: String = text.chars().take(120).flat_map(char::escape_debug).collect();
    if text.chars().nth(120).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_in_the_url_is_taken_out_of_it() {
        let of = |url: &str| {
            let Settings { url, user, password, .. } = Settings::new(url);
            (url, user, password)
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(of("http://h:1/x@y/"), ("http://h:1/x@y".to_owned(), None, None));
        assert_eq!(of("http://ada:h%3Aush@h:1/r"), ("http://h:1/r".to_owned(), some("ada"), some("h:ush")));
        assert_eq!(of("https://ada@h"), ("https://h".to_owned(), some("ada"), None));
        assert_eq!(of("ada:a@b%@h"), ("h".to_owned(), some("ada"), some("a@b%")));
    }
}
