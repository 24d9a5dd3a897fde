//! `batchcast view`: a run's page and files over HTTP, for this machine alone.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::picture::Report;

use super::args::{Common, View};
use super::explain::Kept;
use super::failure::Failure;
use super::output::print;
use super::report;

/// Most bytes of a request that are read.
const REQUEST_MAX: u64 = 16 * 1024;
/// How long a client may take to say what it wants, or to take what it gets.
const PATIENCE: Duration = Duration::from_secs(10);

/// Serves the run until the process ends.
///
/// # Errors
/// A folder that holds no run, a port that is taken.
pub fn view(asked: &View, common: &Common) -> Result<(), Failure> {
    let kept = Kept::open(&asked.run)?;
    let made = report::made(&kept)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, asked.port)).map_err(|error| {
        Failure::Usage(format!(
            "port {}: cannot be listened on ({}); choose another with --port, or 0 for any that is free",
            asked.port,
            super::failure::plain(&error)
        ))
    })?;
    let address = listener.local_addr().map_err(Failure::Output)?;
    let site = Arc::new(Site {
        folder: kept.path.clone(),
        made,
    });
    print(&match common.json {
        true => format!("{{\"address\": \"http://{address}/\"}}\n"),
        false => format!("http://{address}/ (ends with Ctrl-C)\n"),
    })?;
    for client in listener.incoming().flatten() {
        let site = Arc::clone(&site);
        // A browser opens connections before it asks: none waits for another.
        thread::spawn(move || {
            // Whoever leaves early has what they wanted.
            let _ = serve(&client, &site);
        });
    }
    Ok(())
}

/// What is served.
struct Site {
    folder: PathBuf,
    made: Report,
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: &'static str,
    kind: &'static str,
    body: Vec<u8>,
}

fn serve(client: &TcpStream, site: &Site) -> io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    client.set_write_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(client.take(REQUEST_MAX));
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        head.push(line);
    }
    let answer = site.answer(&head);
    let is_head = head.first().is_some_and(|line| line.starts_with("HEAD "));
    let mut out = client;
    write!(
        out,
        "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\nCache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\n\r\n",
        answer.status,
        answer.kind,
        answer.body.len()
    )?;
    if !is_head {
        out.write_all(&answer.body)?;
    }
    out.flush()
}

impl Site {
    /// The answer to a request's first line and headers.
    fn answer(&self, head: &[String]) -> Answer {
        let mut words = head.first().map_or("", String::as_str).split_whitespace();
        let (method, target) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        if !matches!(method, "GET" | "HEAD") {
            return plain("405 Method Not Allowed", "only GET is served here\n");
        }
        // A page elsewhere that has a name point here must not read what is here.
        let host = head.iter().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("host").then(|| value.trim())
        });
        let host = host.map(|host| host.rsplit_once(':').map_or(host, |(name, _)| name));
        if !host.is_some_and(|host| matches!(host, "127.0.0.1" | "localhost")) {
            return plain("403 Forbidden", "ask for 127.0.0.1 or localhost\n");
        }
        let path = target.split(['?', '#']).next().unwrap_or("");
        match path {
            "/" | "/report.html" => Answer {
                status: "200 OK",
                kind: "text/html; charset=utf-8",
                body: self.made.page.clone().into_bytes(),
            },
            _ => self.file(path.trim_start_matches('/')),
        }
    }

    /// A picture, or a file of the run folder by its bare name.
    fn file(&self, path: &str) -> Answer {
        if let Some(name) = path.strip_prefix("pictures/")
            && let Some((_, svg)) = self.made.pictures.iter().find(|(known, _)| known == name)
        {
            return Answer {
                status: "200 OK",
                kind: "image/svg+xml",
                body: svg.clone().into_bytes(),
            };
        }
        let is_bare = path
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        let kind = match Path::new(path)
            .extension()
            .and_then(|ending| ending.to_str())
        {
            Some("csv") => "text/csv; charset=utf-8",
            Some("json") => "application/json",
            _ => "",
        };
        let file = self.folder.join(path);
        let is_plain = is_bare && file.symlink_metadata().is_ok_and(|found| found.is_file());
        match (is_plain && !path.starts_with('.') && !kind.is_empty()).then(|| fs::read(&file)) {
            Some(Ok(body)) => Answer {
                status: "200 OK",
                kind,
                body,
            },
            _ => plain("404 Not Found", "there is no such file in the run folder\n"),
        }
    }
}

fn plain(status: &'static str, text: &str) -> Answer {
    Answer {
        status,
        kind: "text/plain; charset=utf-8",
        body: text.as_bytes().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(folder: &Path) -> Site {
        Site {
            folder: folder.to_owned(),
            made: Report {
                page: "<!doctype html>".to_owned(),
                pictures: vec![("jobs.svg".to_owned(), "<svg/>".to_owned())],
            },
        }
    }

    fn asked(site: &Site, request: &str) -> (&'static str, String) {
        let head: Vec<String> = request.lines().map(str::to_owned).collect();
        let answer = site.answer(&head);
        (answer.status, String::from_utf8(answer.body).unwrap())
    }

    #[test]
    fn only_files_of_the_run_are_served_and_only_to_this_machine() {
        let home = tempfile::tempdir().unwrap();
        let run = home.path().join("run");
        fs::create_dir(&run).unwrap();
        fs::write(run.join("jobs.csv"), "job_id\n").unwrap();
        fs::write(run.join(".hidden.json"), "{}").unwrap();
        fs::write(home.path().join("secret.json"), "{}").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(home.path().join("secret.json"), run.join("link.json")).unwrap();
        let site = site(&run);
        let get = |path: &str| {
            asked(
                &site,
                &format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:80\r\n"),
            )
        };
        assert_eq!(get("/"), ("200 OK", "<!doctype html>".to_owned()));
        assert_eq!(get("/jobs.csv?x=1"), ("200 OK", "job_id\n".to_owned()));
        assert_eq!(get("/pictures/jobs.svg"), ("200 OK", "<svg/>".to_owned()));
        for path in [
            "/../secret.json",
            "/%2e%2e/secret.json",
            "//secret.json",
            "/.hidden.json",
            "/link.json",
            "/pictures/../jobs.csv",
            "/none.csv",
            "",
        ] {
            assert_eq!(get(path).0, "404 Not Found", "{path}");
        }
        let foreign = asked(&site, "GET / HTTP/1.1\r\nHost: evil.example\r\n");
        assert_eq!(foreign.0, "403 Forbidden");
        assert_eq!(asked(&site, "GET / HTTP/1.1\r\n").0, "403 Forbidden");
        let post = asked(&site, "POST / HTTP/1.1\r\nHost: localhost\r\n");
        assert_eq!(post.0, "405 Method Not Allowed");
        assert_eq!(asked(&site, "").0, "405 Method Not Allowed");
    }
}
