//! Millions of users from a compacted topic, by the command as it is used: how long it takes, and how much memory.

use std::time::{Duration, Instant};

use criterion::{Criterion, SamplingMode, Throughput};

use crate::command::{Answer, Desk};
use crate::demo::avro;
use crate::peak::peak;
use crate::stack::Stack;

pub fn loading(criterion: &mut Criterion, users: u64) {
    let stack = Stack::start();
    let desk = Desk::new();
    let sql = avro(include_str!("../../../sql/flink/ecommerce.sql"));
    let config = format!("users: {users}\nproducts: 1\nevents: 1\nuser_update_share: 0\nuser_delete_share: 0\n");
    desk.file("s.sql", sql).file("c.yaml", config);
    let of_sql = ["--sql", "s.sql", "--dialect", "flink"];
    let cluster = ["--bootstrap-server", stack.bootstrap_servers.as_str()];
    let registry = ["--schema-registry", stack.schema_registry.as_deref().expect("it was started with one")];
    let done = |arguments: Vec<&str>| {
        let answer = Answer::of(desk.command(&arguments));
        assert_eq!(answer.code, Some(0), "{arguments:?}: {answer:?}");
    };
    done([&["topics", "create"][..], &of_sql, &cluster, &["--partitions", "2"]].concat());
    done([&["generate", "ecommerce", "--config", "c.yaml"][..], &of_sql, &cluster, &registry].concat());
    let replay = [&["replay", "--table", "session_baskets"][..], &of_sql, &cluster, &registry].concat();

    let mut most = 0;
    let mut group = criterion.benchmark_group("loading");
    group.sample_size(10).sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(users));
    group.bench_function(format!("{users} users"), |bencher| {
        bencher.iter_custom(|iterations| {
            (0..iterations).fold(Duration::ZERO, |sum, _| {
                let began = Instant::now();
                let mut command = desk.command(&replay);
                command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
                most = most.max(peak(command.spawn().expect("the command starts")));
                sum + began.elapsed()
            })
        });
    });
    group.finish();
    println!("loading/{users} users         peak memory: {} MiB", most / 1024);
}
