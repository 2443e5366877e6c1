//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};

use crate::outputs::Outputs;
use crate::{gate, watch};

const AFTER_HELP: &str = "\
Start with: greenlight run --target reference

Exit codes:
  0  everything required passed
  1  at least one case failed or got weaker, or a rule fired
  2  wrong arguments or files
  3  inconclusive: unreachable, no positive control, interrupted
  4  a fault of greenlight itself";

/// Proves that an Azure Function App lets in the callers it should, and nobody else.
#[derive(Debug, Parser)]
#[command(name = "greenlight", version, after_help = AFTER_HELP, max_term_width = 120, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// When to colour the output; `auto`: on a terminal, unless `NO_COLOR` is set.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", display_order = 900)]
    pub(crate) color: Color,
}

// Described above: values with a text of their own would make every page of help a long one.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Play scenarios against a target and judge the answers.
    Run(Run),
    /// Decide whether traffic may be switched to a new instance: go, no-go or inconclusive.
    Gate(gate::Arguments),
    /// Keep asking a new instance after the switch, at a low rate, and stop at the first breach.
    Watch(watch::Arguments),
    /// Begin a profile: from the settings of an app, and by asking.
    Init(Init),
    /// Start the mocks: Entra issuer, identity endpoints, reference Function App.
    Serve(Serve),
    /// Print one token, as issued or forged.
    Token(Token),
    /// Check auth configurations (authsettingsV2) against the rules.
    Check(Check),
    /// List the scenarios, or the rules.
    List(List),
    /// Explain a scenario or case (what is sent, what must come back), or a rule: why, and what to change.
    Explain(Explain),
    /// Hold the results of two runs against each other: what got weaker, what got stronger, what else has changed.
    Diff(Diff),
    /// Render the results of an earlier run.
    Report(Report),
    /// Write the reference pages: for `cargo xtask codegen`.
    #[command(hide = true)]
    Reference(Reference),
    /// Play the suite under the configurations that come along: for `cargo xtask e2e --configurations`.
    #[command(hide = true)]
    Configurations(Configurations),
}

/// Which scenarios.
#[derive(Debug, Args)]
pub(crate) struct Selection {
    /// Scenarios by id, by folder (`signature`), by entry of the catalogue (`T7`), or by file. All of them unless some are named;
    /// positive controls always.
    #[arg(value_name = "SCENARIO")]
    pub(crate) names: Vec<String>,
    /// Take the scenarios from this folder instead of those that come along.
    #[arg(long, value_name = "DIR")]
    pub(crate) scenarios: Option<PathBuf>,
}

/// How a target is protected.
#[derive(Debug, Args)]
pub(crate) struct Protection {
    /// authsettingsV2 of the target; the reference Function App is configured with it.
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
    /// An app setting beside it that changes answers, such as `WEBSITE_WARMUP_PATH=/api/health`.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) app_setting: Vec<String>,
    /// How the platform is taken to behave where that is not documented, such as `os-profile=windows`.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) knob: Vec<String>,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("under test").required(true))]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// URL of the function, or `reference` for the Function App that comes along.
    #[arg(long, value_name = "URL", group = "under test")]
    pub(crate) target: Option<String>,
    /// File that says what is known about the target.
    #[arg(long, value_name = "FILE", group = "under test")]
    pub(crate) profile: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) protection: Protection,
    /// Certificate (PEM) of the authority that the target's certificate comes from.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Response header by which the function is known, `NAME` or `NAME=VALUE`.
    #[arg(long, value_name = "HEADER")]
    pub(crate) marker: Option<String>,
    /// Fail cases that would only warn.
    #[arg(long)]
    pub(crate) strict: bool,
    /// What the target's owner agrees to beyond ordinary requests: `smuggling`, `flood`, `unsafe-methods`, or several of them.
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub(crate) consent: Vec<Consent>,
    /// Requests under way at one time.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) concurrency: Option<u16>,
    /// How long to wait for a target that refuses connections (0 unless given) or answers 502, 503 or 504 (10 unless given).
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) wait: Option<Duration>,
    #[command(flatten)]
    pub(crate) outputs: Outputs,
    /// Show every case in full, with its requests and answers; tokens without their signatures.
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Consent {
    /// Requests that readers may end at different places.
    Smuggling,
    /// More requests at once than a caller would send.
    Flood,
    /// Requests of other methods than GET, HEAD, OPTIONS and the target's own.
    UnsafeMethods,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Settings of the app, in any form that `greenlight check` reads: tenant, audience and caller are taken from them.
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
    /// Which of them, where the file holds several: by its name, the name of its app or that of its slot.
    #[arg(long, value_name = "NAME", requires = "settings")]
    pub(crate) resource: Option<String>,
    /// URL of the function, with its path.
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// URL of the function through the gateway in front of it.
    #[arg(long, value_name = "URL")]
    pub(crate) gateway: Option<String>,
    /// URL of the function at the instance that it replaces.
    #[arg(long, value_name = "URL")]
    pub(crate) previous: Option<String>,
    /// The caller that must get in; the first application that the settings allow unless given.
    #[arg(long, value_name = "CLIENT-ID")]
    pub(crate) caller: Option<String>,
    /// Where to write it; `-` prints it.
    #[arg(long, value_name = "FILE", default_value = "greenlight.yaml")]
    pub(crate) output: PathBuf,
    /// Write over a file that is there.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Start only these.
    #[arg(long, value_name = "MOCK", value_delimiter = ',')]
    pub(crate) only: Vec<Mock>,
    /// When ready, print one line of JSON with every address instead of text.
    #[arg(long)]
    pub(crate) json: bool,
    /// Directory of tenants, applications and identities.
    #[arg(long, value_name = "FILE")]
    pub(crate) directory: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) protection: Protection,
    /// Folder in which signing keys and the certificate authority are kept from start to start, readable by you only.
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// Under which names the issuer speaks of itself in tokens and metadata.
    #[arg(long, value_name = "NAMES", default_value = "own")]
    pub(crate) names: Names,
    /// Where the issuer listens over HTTPS.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = address)]
    pub(crate) entra: SocketAddr,
    /// Where the issuer listens over plain HTTP too, for servers that cannot be told a private authority.
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pub(crate) entra_http: Option<SocketAddr>,
    /// Where the identity endpoints listen (plain HTTP, as the real ones).
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = address)]
    pub(crate) imds: SocketAddr,
    /// Folder for the key file of Azure Arc's agent; its identity endpoint is served where one is given.
    #[arg(long, value_name = "DIR")]
    pub(crate) arc_keys: Option<PathBuf>,
    /// Where the reference Function App listens over HTTPS.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = address)]
    pub(crate) function: SocketAddr,
    /// URL of a Functions host that answers behind Easy Auth in place of the reference Function App, such as
    /// `http://localhost:7071` of `func start`.
    #[arg(long, value_name = "URL")]
    pub(crate) upstream: Option<String>,
    /// Certificate and key (PEM, in this order) to serve HTTPS with, instead of ones made for this start; clients are then told to
    /// trust that certificate.
    #[arg(long, num_args = 2, value_names = ["CERTIFICATE", "KEY"])]
    pub(crate) tls: Option<Vec<PathBuf>>,
    /// Name of the environment variable with the token that opens the control API to other machines.
    #[arg(long, value_name = "NAME")]
    pub(crate) control_token_env: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mock {
    /// The issuer.
    Entra,
    /// The identity endpoints, and the issuer that they need.
    Imds,
    /// The reference Function App, and the issuer that it trusts.
    Function,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Names {
    /// The mock's own address.
    Own,
    /// Entra's public ones.
    Entra,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Token {
    #[command(subcommand)]
    pub(crate) keep: Option<TokenCommand>,
    /// Control address of a running `greenlight serve`.
    #[arg(long, value_name = "URL", required = true)]
    pub(crate) issuer: Option<String>,
    /// Certificate (PEM) of its authority, as `greenlight serve` prints it.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Whose token: name or client id of an identity in the directory.
    #[arg(long, value_name = "NAME", default_value = "apim")]
    pub(crate) caller: String,
    /// For which API: name, App ID URI or client id.
    #[arg(long, value_name = "API", default_value = "orders")]
    pub(crate) audience: String,
    /// By which tenant: name or id.
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<String>,
    /// Token version 1 or 2; the API's registration decides unless given.
    #[arg(long, value_name = "VERSION", value_parser = clap::value_parser!(u8).range(1..=2))]
    pub(crate) version: Option<u8>,
    /// Seconds from now until it expires; negative: it has expired.
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    pub(crate) expires_in: Option<i64>,
    /// Seconds from now until it becomes valid.
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    pub(crate) not_before_in: Option<i64>,
    /// Set a claim, `NAME=VALUE` (the value as JSON where it is JSON, as text otherwise); `NAME` alone removes it.
    #[arg(long, value_name = "CLAIM")]
    pub(crate) claim: Vec<String>,
    /// Set a header member, in the same way.
    #[arg(long, value_name = "MEMBER")]
    pub(crate) header: Vec<String>,
    /// Where the signature comes from.
    #[arg(long, value_name = "WORD", default_value = "issuer")]
    pub(crate) signature: Signature,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Get a real token of a profile's caller and store it, readable by you only, for a run after it has expired.
    Keep(Keep),
}

#[derive(Debug, Args)]
pub(crate) struct Keep {
    /// File that says what is known about the target.
    #[arg(long, value_name = "FILE")]
    pub(crate) profile: PathBuf,
    /// Whose token: a role of the profile.
    #[arg(long, value_name = "ROLE", default_value = "listed")]
    pub(crate) caller: String,
    /// Where to store it: what the caller's `kept` in the profile names.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Signature {
    /// The issuer's key; signed again where something was changed.
    Issuer,
    /// As issued, over whatever was changed.
    Keep,
    /// None; the dot stays.
    Empty,
    /// None, and no dot.
    Absent,
    /// One bit changed.
    Flipped,
    /// The last byte missing.
    Truncated,
    /// One byte more at its end.
    Extended,
    /// A zero byte before it.
    ZeroLed,
    /// The issuer's, of another token.
    Spliced,
    /// A true signature by a key that nobody publishes.
    Stranger,
    /// The same by a P-256 key, ES256.
    StrangerEc,
    /// The same by an Ed25519 key, `EdDSA`.
    StrangerEd,
    /// Random bytes.
    Garbage,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// List the rules of `greenlight check` instead.
    #[arg(long, conflicts_with_all = ["names", "scenarios"])]
    pub(crate) rules: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A scenario's id, a case as reports name it (`alg-none[spelling=None,signature=empty]`), or a rule's id (`L-ANON`).
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Take the scenarios from this folder instead of those that come along.
    #[arg(long, value_name = "DIR")]
    pub(crate) scenarios: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Configurations {
    /// Folder with the configurations and with the table of what each must show.
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// The suite.
    #[arg(long, value_name = "DIR")]
    pub(crate) scenarios: PathBuf,
    /// Folder for the results.
    #[arg(long, value_name = "DIR")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Reference {
    /// Folder for the pages.
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// A result document, as `greenlight run --results` writes it.
    #[arg(value_name = "RESULTS")]
    pub(crate) results: PathBuf,
    /// In which form.
    #[arg(long, value_name = "FORM", default_value = "console")]
    pub(crate) format: Format,
    /// Write it here instead of to the terminal.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Show every case in full, with its requests and answers; tokens without their signatures.
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Console,
    Json,
    Junit,
    Html,
    Markdown,
    Sarif,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The result document of the one run: blue, or before.
    #[arg(value_name = "BEFORE")]
    pub(crate) before: PathBuf,
    /// That of the other: green, or after.
    #[arg(value_name = "AFTER")]
    pub(crate) after: PathBuf,
    /// In which form.
    #[arg(long, value_name = "FORM", default_value = "console")]
    pub(crate) format: DiffFormat,
}

// Described above, as the values of `--color` are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    Console,
    Json,
    Markdown,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Files with auth settings, folders of them (every `*.json` below that holds some), or `-` for standard input.
    #[arg(value_name = "CONFIG", required = true)]
    pub(crate) configs: Vec<PathBuf>,
    /// A client id, or object id, that must get in. May be given several times.
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) expect_caller: Vec<String>,
    /// The audience that callers ask tokens for: what API Management names as `resource`.
    #[arg(long, value_name = "AUDIENCE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) expect_audience: Option<String>,
    /// The tenant whose tokens are meant, by its id.
    #[arg(long, value_name = "TENANT", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) expect_tenant: Option<String>,
    /// The version of the tokens that the app's registration asks for (`api.requestedAccessTokenVersion`): 1 or 2.
    #[arg(long, value_name = "VERSION", value_parser = clap::value_parser!(u8).range(1..=2))]
    pub(crate) expect_token_version: Option<u8>,
    /// Expect what this profile says: audience, tenant, version of tokens, and the caller `listed`.
    #[arg(long, value_name = "FILE")]
    pub(crate) profile: Option<PathBuf>,
    /// Tell only of the configuration of this name, app or slot.
    #[arg(long, value_name = "NAME")]
    pub(crate) resource: Option<String>,
    /// Findings that are accepted for a time. `greenlight-suppressions.yaml` of the current folder, if there is one, unless given.
    #[arg(long, value_name = "FILE")]
    pub(crate) suppressions: Option<PathBuf>,
    /// Tell what each configuration would answer to every scenario.
    #[arg(long)]
    pub(crate) predict: bool,
    /// Hold those answers against a file that is committed, and end with exit code 1 where one has changed.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write that file anew.
    #[arg(long, requires = "baseline")]
    pub(crate) write_baseline: bool,
    /// In which form. `github` and `azure-pipelines` are annotations; `console` writes those too where it runs on that server.
    #[arg(long, value_name = "FORM", default_value = "console")]
    pub(crate) format: CheckFormat,
    /// Write it here instead of to the terminal.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// From which level on a finding ends the program with exit code 1.
    #[arg(long, value_name = "LEVEL", default_value = "error")]
    pub(crate) fail_on: FailOn,
    /// Tell nothing but findings.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

// Described above, as the values of `--color` are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    Console,
    Json,
    Sarif,
    #[value(name = "github")]
    GitHub,
    AzurePipelines,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    Warning,
    Error,
}

pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    text.parse::<u64>().map(Duration::from_secs).map_err(|_| "write whole seconds, such as 30".to_owned())
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "write address and port, such as 127.0.0.1:8443; port 0 is any free one".to_owned())
}
