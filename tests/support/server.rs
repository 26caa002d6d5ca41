//! A real PostgreSQL: one server for all tests of the process, made by `initdb` in a temporary directory, reached by a unix
//! socket there and by nothing else, gone when the process is gone, however that ended.
//!
//! Which PostgreSQL: the programs in the directory `PGVEIL_PG_BIN`; else in that of `pg_config --bindir`; else in the
//! newest `/usr/lib/postgresql/*/bin`. Where there is none, the test fails and says what to install.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::process::{Outcome, Running, run};

/// Nothing of this protects data: it is thrown away. It saves time, and keeps the server away from the network.
const SETTINGS: &str = "
listen_addresses = ''
max_connections = 60
shared_buffers = 64MB
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 2GB
timezone = 'UTC'
";

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    programs: PathBuf,
    folder: PathBuf,
    version: u32,
    /// The watchdog. Its standard input stays open for as long as this process lives.
    _leash: Child,
}

/// A user that the server programs run as.
#[derive(Clone, Copy, Debug)]
struct User {
    uid: u32,
    gid: u32,
}

impl Server {
    /// The server of this process, started by whoever asks first.
    ///
    /// # Panics
    /// There is no PostgreSQL, or it does not start: with what to install, or what it said.
    pub(crate) fn get() -> &'static Server {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(Server::start)
    }

    /// Another server, for what concerns a whole cluster. It is there as long as this process is.
    pub(crate) fn fresh() -> &'static Server {
        Box::leak(Box::new(Server::start()))
    }

    fn start() -> Server {
        let mut programs = find_programs();
        let user = other_user();
        let folder = make_folder(user);
        // A user who may not enter the folder of the programs runs a copy of them.
        if server_command(&programs.join("initdb"), &folder, user).arg("--version").output().is_err() {
            programs = copy_installation(&programs, &folder, user);
        }
        let data = folder.join("data");
        let mut initdb = server_command(&programs.join("initdb"), &folder, user);
        initdb.args(["-N", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-D"]).arg(&data);
        run(initdb, b"", 1).success();
        let settings = format!("{SETTINGS}unix_socket_directories = '{}'\n", folder.display());
        fs::write(data.join("postgresql.auto.conf"), settings).expect("the settings can be written");

        let leash = start_watchdog(&programs, &folder, user);
        let mut start = server_command(&programs.join("pg_ctl"), &folder, user);
        start.args(["start", "-s", "-w", "-t", "60", "-l"]).arg(folder.join("log")).arg("-D").arg(&data);
        let status = start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().expect("pg_ctl runs");
        assert!(status.success(), "the server did not start: {}", fs::read_to_string(folder.join("log")).unwrap_or_default());

        let mut server = Server { programs, folder, version: 0, _leash: leash };
        let number = server.psql("postgres", "SELECT current_setting('server_version_num')::int / 10000");
        server.version = number.parse().expect("a version number");
        server
    }

    /// Its major version: 14 to 18.
    pub(crate) fn version(&self) -> u32 {
        self.version
    }

    /// A fresh, empty database in UTF8 whose name begins with `hint`; dropped with the value.
    #[track_caller]
    pub(crate) fn database(&'static self, hint: &str) -> Database {
        self.database_in(hint, "UTF8")
    }

    /// The same in another encoding that a server can have: `LATIN1`, `SQL_ASCII`, `EUC_JP`.
    #[track_caller]
    pub(crate) fn database_in(&'static self, hint: &str, encoding: &str) -> Database {
        let locale = if encoding == "UTF8" { "C.UTF-8" } else { "C" };
        self.create(hint, &format!("TEMPLATE template0 ENCODING '{encoding}' LOCALE '{locale}'"))
    }

    #[track_caller]
    fn create(&'static self, hint: &str, options: &str) -> Database {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{hint}_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        self.psql("postgres", &format!("CREATE DATABASE \"{name}\" {options}"));
        Database { server: self, name }
    }

    /// A program of this PostgreSQL (`psql`, `pg_dump`, `pg_restore`, `pg_dumpall`), told to connect to a database here.
    /// No setting and no start-up file of the caller reaches it.
    pub(crate) fn command(&self, program: &str, database: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("PG") && !name.starts_with("PGVEIL_") {
                command.env_remove(name);
            }
        }
        command.env("PGHOST", &self.folder).env("PGUSER", "postgres").env("PGDATABASE", database);
        command.env("LC_ALL", "C").env("PSQLRC", "/dev/null").env("PGCLIENTENCODING", "UTF8");
        if program == "pg_dump" || program == "pg_dumpall" {
            // They take the encoding of the database as that of the dump, unless told otherwise.
            command.env_remove("PGCLIENTENCODING");
        }
        command
    }

    /// What psql prints for these statements in a database, as [`Database::psql`].
    #[track_caller]
    pub(crate) fn psql(&self, database: &str, sql: &str) -> String {
        let mut psql = self.command("psql", database);
        psql.args(["-qAtX", "-v", "ON_ERROR_STOP=1"]);
        run(psql, sql.as_bytes(), usize::MAX).success().out().trim_end_matches('\n').to_owned()
    }
}

/// A database of its own for one test. Dropped with the value.
#[derive(Debug)]
pub(crate) struct Database {
    server: &'static Server,
    name: String,
}

impl Database {
    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A fresh, empty one on the same server.
    #[track_caller]
    pub(crate) fn empty(&self, hint: &str) -> Database {
        self.server.database(hint)
    }

    /// A copy of it, to which nobody may be connected.
    #[track_caller]
    pub(crate) fn copy(&self, hint: &str) -> Database {
        self.server.create(hint, &format!("TEMPLATE \"{}\"", self.name))
    }

    /// What `psql -qAtX` prints for these statements, without the last line end: one line a row, `|` between columns.
    ///
    /// # Panics
    /// A statement fails.
    #[track_caller]
    pub(crate) fn psql(&self, sql: &str) -> String {
        self.server.psql(&self.name, sql)
    }

    /// How `psql -X ARGS` ends that reads this script: `-1`, `-v ON_ERROR_STOP=1` are for the caller to say. The encoding of
    /// the client is the script's own affair.
    #[track_caller]
    pub(crate) fn psql_stdin(&self, script: &[u8], args: &[&str]) -> Outcome {
        let mut psql = self.command("psql");
        psql.env_remove("PGCLIENTENCODING").arg("-qX").args(args);
        run(psql, script, usize::MAX)
    }

    /// The same, with the script still to come.
    #[track_caller]
    pub(crate) fn psql_start(&self, args: &[&str]) -> Running {
        let mut psql = self.command("psql");
        psql.env_remove("PGCLIENTENCODING").arg("-qX").args(args);
        Running::start(psql)
    }

    /// What `pg_dump ARGS` writes to standard output.
    ///
    /// # Panics
    /// It fails.
    #[track_caller]
    pub(crate) fn dump<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Vec<u8> {
        let mut dump = self.command("pg_dump");
        dump.args(args);
        run(dump, b"", 1).success().stdout
    }

    /// A program of this PostgreSQL that connects here.
    pub(crate) fn command(&self, program: &str) -> Command {
        self.server.command(program, &self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A database left behind goes with the server.
        let mut psql = self.server.command("psql", "postgres");
        psql.args(["-qX", "-c", &format!("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", self.name)]);
        let _ = psql.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null()).status();
    }
}

/// The directory of the server's programs.
fn find_programs() -> PathBuf {
    if let Some(folder) = std::env::var_os("PGVEIL_PG_BIN") {
        let folder = fs::canonicalize(&folder).unwrap_or_else(|error| panic!("PGVEIL_PG_BIN: {}: {error}", Path::new(&folder).display()));
        assert!(folder.join("initdb").exists(), "PGVEIL_PG_BIN: no initdb in {}; name the bin directory of a PostgreSQL", folder.display());
        return folder;
    }
    let asked = Command::new("pg_config").arg("--bindir").output().ok();
    let asked = asked.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    // pg_config comes with the client library too, without a server.
    if let Some(folder) = asked.filter(|folder| folder.join("initdb").exists()) {
        return folder;
    }
    let version = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path());
    let newest = installed.filter(|path| path.join("bin/initdb").exists()).max_by_key(version);
    newest.map(|path| path.join("bin")).unwrap_or_else(|| {
        panic!("this test needs a PostgreSQL server of version 14 or later and found none; run `make setup`, or install one (Debian: apt-get install postgresql), or set PGVEIL_PG_BIN to the bin directory of one")
    })
}

/// Whom to run the server as: it refuses to run as root.
fn other_user() -> Option<User> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let id = |flag: &str, name: &str| {
        let output = Command::new("id").args([flag, name]).output().ok()?;
        String::from_utf8_lossy(&output.stdout).trim().parse::<u32>().ok()
    };
    let user = |name: &str| Some(User { uid: id("-u", name)?, gid: id("-g", name)? });
    Some(user("postgres").or_else(|| user("nobody")).expect("root needs a user postgres or nobody to run the server as"))
}

/// A directory that belongs to the server's user. Its path stays short: a socket's has at most 107 bytes.
fn make_folder(user: Option<User>) -> PathBuf {
    let parent = Some(std::env::temp_dir()).filter(|path| path.as_os_str().len() <= 60).unwrap_or_else(|| "/tmp".into());
    let folder = tempfile::Builder::new().prefix("pgveil-pg-").tempdir_in(parent).expect("a temporary directory").keep();
    if let Some(user) = user {
        chown(&folder, Some(user.uid), Some(user.gid)).expect("root may give the directory away");
    }
    folder
}

/// A server program, run as the user, in a directory that the user may enter.
fn server_command(program: &Path, folder: &Path, user: Option<User>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("LC_ALL", "C");
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    command
}

/// Copies a relocatable PostgreSQL to where the user can reach it, and remove it.
fn copy_installation(programs: &Path, folder: &Path, user: Option<User>) -> PathBuf {
    let copy = folder.join("postgresql");
    let from = programs.parent().expect("a bin directory has a parent");
    let status = Command::new("cp").arg("-R").arg(from).arg(&copy).status().expect("cp runs");
    assert!(status.success(), "cannot copy {} to where the server's user can read it", from.display());
    if let Some(User { uid, gid }) = user {
        let status = Command::new("chown").arg("-R").arg(format!("{uid}:{gid}")).arg(&copy).status().expect("chown runs");
        assert!(status.success(), "cannot give {} to the server's user", copy.display());
    }
    copy.join("bin")
}

/// A shell that waits for the end of its standard input, which is the end of this process, then stops the server and
/// removes its directory. In a process group of its own: Ctrl-C ends the tests, not the shell.
fn start_watchdog(programs: &Path, folder: &Path, user: Option<User>) -> Child {
    let script = r#"cat >/dev/null; "$1" stop -s -m immediate -D "$2/data"; cd / && rm -rf "$2""#;
    let mut command = server_command(Path::new("sh"), folder, user);
    command.args(["-c", script, "watchdog"]).arg(programs.join("pg_ctl")).arg(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    command.spawn().expect("sh runs")
}
