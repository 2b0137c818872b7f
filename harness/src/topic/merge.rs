//! Which record comes next, when several partitions and topics have one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use super::Record;

/// All records of all topics in one order, each with the position of its topic.
///
/// Within a partition it is the order of offsets. Between partitions the head with the least time goes first; at the same
/// time the topic that stands first in the SQL, then the lower partition. So a record that is late within its partition
/// waits for its turn, as it does in Kafka Streams.
pub fn merge(topics: Vec<Vec<Record>>) -> Vec<(usize, Record)> {
    let mut partitions: BTreeMap<(usize, i32), VecDeque<Record>> = BTreeMap::new();
    for (topic, records) in topics.into_iter().enumerate() {
        for record in records {
            partitions.entry((topic, record.partition)).or_default().push_back(record);
        }
    }
    let mut heads: BinaryHeap<Reverse<(i64, usize, i32)>> = partitions
        .iter()
        .filter_map(|((topic, partition), records)| Some(Reverse((records.front()?.time, *topic, *partition))))
        .collect();
    let mut merged = vec![];
    while let Some(Reverse((_, topic, partition))) = heads.pop() {
        let Some(records) = partitions.get_mut(&(topic, partition)) else { continue };
        merged.extend(records.pop_front().map(|record| (topic, record)));
        if let Some(next) = records.front() {
            heads.push(Reverse((next.time, topic, partition)));
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(partition: i32, offset: i64, time: i64) -> Record {
        Record { partition, offset, time, row: vec![], is_tombstone: false }
    }

    #[test]
    fn the_least_head_goes_first_and_a_late_record_waits_its_turn() {
        let first = vec![record(0, 0, 10), record(0, 1, 5), record(1, 0, 10)];
        let second = vec![record(0, 0, 7), record(0, 1, 10)];
        let order: Vec<_> = merge(vec![first, second]).iter().map(|(t, r)| (*t, r.partition, r.offset)).collect();
        assert_eq!(order, [(1, 0, 0), (0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 1)]);
    }
}
