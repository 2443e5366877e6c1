//! JWKS answers, beside nginx that serves the same bytes from memory over the same TLS.

use std::net::TcpListener;
use std::path::Path;
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fs, thread};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use wire::{Origin, RequestBytes, Sender, SenderConfig, Trust};

use crate::figure::{Figure, median};
use crate::load::load;
use crate::program::{Program, Served, cpu_seconds};

const ROUNDS: usize = 5;
const TIME: Duration = Duration::from_secs(1);
const CONNECTIONS: usize = 8;
/// A status to come.
type BoxFuture = Pin<Box<dyn Future<Output = Result<u16>> + Send>>;
const PATH: &str = "/common/discovery/v2.0/keys";

/// Measures answers a second by the clock, and by the CPU time of the server alone: server and clients share the machine.
pub(crate) async fn measure(program: &Program) -> Result<Vec<Figure>> {
    let served = program.serve(&["--only", "entra"])?;
    let (origin, _) = Origin::parse(served.at("/entra/url")?)?;
    let ours = Arc::new(sender(&served)?);
    let keys = ours.send(&origin, &request(&origin)).await?.body;
    let nginx = Nginx::start(&keys)?;

    let mut rates = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        let before = served.cpu_seconds()?;
        let loaded = load(CONNECTIONS, TIME, asking(&ours, &origin)).await?;
        rates[0].push(loaded.answers / loaded.seconds);
        rates[1].push(loaded.answers / (served.cpu_seconds()? - before));
        let Some(nginx) = &nginx else { continue };
        let before = nginx.cpu_seconds()?;
        let loaded = load(CONNECTIONS, TIME, asking(&nginx.sender, &nginx.origin)).await?;
        rates[2].push(loaded.answers / loaded.seconds);
        rates[3].push(loaded.answers / (nginx.cpu_seconds()? - before));
    }
    let [rate, cpu_rate, nginx_rate, nginx_cpu_rate] = rates.map(median);
    let figure = |name, value: f64, unit, peer: f64, reach| Figure {
        name,
        value,
        unit,
        reference: if nginx.is_some() {
            format!("nginx, same bytes, same TLS: {peer:.0}")
        } else {
            "nginx is not installed".to_owned()
        },
        ratio: nginx.as_ref().map(|_| value / peer),
        reach,
    };
    Ok(vec![
        figure("JWKS answers", rate, "/second", nginx_rate, ">= 0.70"),
        figure("JWKS answers by the server's CPU", cpu_rate, "/CPU-second", nginx_cpu_rate, ""),
    ])
}

/// A client that trusts the served mocks.
fn sender(served: &Served) -> Result<Sender> {
    let pem = fs::read_to_string(served.at("/entra/ca")?)?;
    Ok(Sender::new(SenderConfig { trust: Trust::Only(vec![pem]), ..SenderConfig::default() })?)
}

/// Asks a server for its keys, over kept connections.
fn asking(sender: &Arc<Sender>, origin: &Origin) -> impl Fn() -> BoxFuture + Clone + Send + 'static {
    let (sender, origin, request) = (Arc::clone(sender), origin.clone(), Arc::new(request(origin)));
    move || {
        let (sender, origin, request) = (Arc::clone(&sender), origin.clone(), Arc::clone(&request));
        Box::pin(async move { Ok(sender.send(&origin, &request).await?.status) })
    }
}

fn request(origin: &Origin) -> RequestBytes {
    RequestBytes::ordinary("GET", origin, PATH, Vec::<(Vec<u8>, Vec<u8>)>::new(), Vec::new())
}

/// A running nginx. Killed when dropped.
struct Nginx {
    child: Child,
    origin: Origin,
    sender: Arc<Sender>,
    _folder: TempDir,
}

impl Nginx {
    /// Starts it with a certificate of its own; none where nginx or openssl is not installed.
    fn start(body: &[u8]) -> Result<Option<Self>> {
        let folder = TempDir::new()?;
        let Some(certificate) = certificate(folder.path())? else { return Ok(None) };
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let body = String::from_utf8(body.to_vec())?;
        ensure!(!body.contains(['\'', '$']), "the keys cannot stand in a configuration of nginx as they are");
        fs::write(folder.path().join("nginx.conf"), configuration(folder.path(), port, &body))?;
        let mut command = Command::new("nginx");
        command.arg("-p").arg(folder.path()).args(["-c", "nginx.conf", "-e", "error.log"]).stderr(Stdio::null());
        let Ok(child) = command.spawn() else { return Ok(None) };
        let trust = Trust::Only(vec![certificate]);
        let sender = Arc::new(Sender::new(SenderConfig { trust, ..SenderConfig::default() })?);
        let nginx = Self { child, origin: Origin::new(true, "localhost", port), sender, _folder: folder };
        let begun = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            ensure!(begun.elapsed() < Duration::from_secs(5), "nginx does not listen");
            thread::sleep(Duration::from_millis(10));
        }
        Ok(Some(nginx))
    }

    /// Of the master and its workers.
    fn cpu_seconds(&self) -> Result<f64> {
        let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", self.child.id()))?;
        let pids = children.split_whitespace().map(str::parse).collect::<Result<Vec<u32>, _>>()?;
        pids.into_iter().chain([self.child.id()]).map(cpu_seconds).sum()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // The workers end with their master, which must be asked rather than killed.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// A P-256 certificate for localhost, as ours; none where openssl is not installed.
fn certificate(folder: &Path) -> Result<Option<String>> {
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]);
    command.args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]);
    command.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    command.arg("-keyout").arg(folder.join("key.pem")).arg("-out").arg(folder.join("certificate.pem"));
    match command.stderr(Stdio::null()).status() {
        Ok(status) if status.success() => {
            fs::read_to_string(folder.join("certificate.pem")).map(Some).context("openssl made no certificate")
        }
        _ => Ok(None),
    }
}

/// Two workers for two cores, no log, connections kept as long as ours are.
fn configuration(folder: &Path, port: u16, body: &str) -> String {
    let folder = folder.display();
    format!(
        "daemon off; worker_processes 2; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 256; }}
http {{
  access_log off; keepalive_requests 100000000; tcp_nodelay on;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen 127.0.0.1:{port} ssl; ssl_certificate {folder}/certificate.pem; ssl_certificate_key {folder}/key.pem;
    default_type application/json;
    location / {{ return 200 '{body}'; }}
  }}
}}
"
    )
}
