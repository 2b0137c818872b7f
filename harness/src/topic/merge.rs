//! Which record comes next, when several partitions and topics have one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use super::Arrival;

/// Partitions of topics, each in the order of its offsets.
pub trait Partitions {
    type Error;

    /// For each partition the position of its topic in the SQL, and its number.
    fn places(&self) -> Vec<(usize, i32)>;

    /// What comes next in the partition at this position of [`Partitions::places`]; `None` once it is at its end.
    fn next(&mut self, partition: usize) -> Option<Result<Arrival, Self::Error>>;
}

/// The time of what a partition has next, its topic and number, and its position.
type Head = (i64, (usize, i32), usize);

/// All that arrives in one order, each with the position of its topic.
///
/// Within a partition it is the order of offsets. Between partitions the head with the least time goes first; at the same
/// time the topic that stands first in the SQL, then the lower partition. So a record that is late within its partition
/// waits for its turn, as it does in Kafka Streams.
pub struct Merge<P: Partitions> {
    partitions: P,
    places: Vec<(usize, i32)>,
    waiting: Vec<Option<Arrival>>,
    heads: BinaryHeap<Reverse<Head>>,
    failed: Option<P::Error>,
}

impl<P: Partitions> Merge<P> {
    pub fn new(partitions: P) -> Self {
        let places = partitions.places();
        let waiting = places.iter().map(|_| None).collect();
        let mut merge = Merge { partitions, places, waiting, heads: BinaryHeap::new(), failed: None };
        (0..merge.places.len()).for_each(|partition| merge.fetch(partition));
        merge
    }

    /// The partitions, of which nothing is to come any more or all from where the merge stands.
    pub fn into_partitions(self) -> P {
        self.partitions
    }

    fn fetch(&mut self, partition: usize) {
        match self.failed.is_none().then(|| self.partitions.next(partition)).flatten() {
            Some(Ok(arrival)) => {
                self.heads.push(Reverse((arrival.time(), self.places[partition], partition)));
                self.waiting[partition] = Some(arrival);
            }
            Some(Err(error)) => self.failed = Some(error),
            None => {}
        }
    }
}

impl<P: Partitions> Iterator for Merge<P> {
    type Item = Result<(usize, Arrival), P::Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.failed.take() {
            self.heads.clear();
            return Some(Err(error));
        }
        let Reverse((_, (topic, _), partition)) = self.heads.pop()?;
        let arrival = self.waiting[partition].take()?;
        self.fetch(partition);
        Some(Ok((topic, arrival)))
    }
}

/// All records of topics that are read already, each with the position of its topic.
pub fn merge(topics: Vec<Vec<Arrival>>) -> impl Iterator<Item = (usize, Arrival)> {
    Merge::new(Read::new(topics)).map(|next| match next {
        Ok(next) => next,
        Err(never) => match never {},
    })
}

/// Partitions of topics that are read already.
struct Read {
    places: Vec<(usize, i32)>,
    arrivals: Vec<VecDeque<Arrival>>,
}

impl Read {
    fn new(topics: Vec<Vec<Arrival>>) -> Self {
        let mut partitions: BTreeMap<(usize, i32), VecDeque<Arrival>> = BTreeMap::new();
        for (topic, arrivals) in topics.into_iter().enumerate() {
            for arrival in arrivals {
                partitions.entry((topic, arrival.partition())).or_default().push_back(arrival);
            }
        }
        let (places, arrivals) = partitions.into_iter().unzip();
        Read { places, arrivals }
    }
}

impl Partitions for Read {
    type Error = std::convert::Infallible;

    fn places(&self) -> Vec<(usize, i32)> {
        self.places.clone()
    }

    fn next(&mut self, partition: usize) -> Option<Result<Arrival, Self::Error>> {
        self.arrivals[partition].pop_front().map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Record;
    use super::*;

    fn record(partition: i32, offset: i64, time: i64) -> Arrival {
        Arrival::Record(Record { partition, offset, time, row: vec![].into(), is_tombstone: false, raw: None })
    }

    #[test]
    fn the_least_head_goes_first_and_a_late_record_waits_its_turn() {
        let first = vec![record(0, 0, 10), record(0, 1, 5), record(1, 0, 10)];
        let second = vec![record(0, 0, 7), record(0, 1, 10)];
        let place = |(topic, arrival)| match arrival {
            Arrival::Record(record) => (topic, record.partition, record.offset),
            Arrival::Broken(_) => unreachable!("there is none"),
        };
        let order: Vec<_> = merge(vec![first, second]).map(place).collect();
        assert_eq!(order, [(1, 0, 0), (0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 1)]);
    }

    /// Two records, then a broker that is gone.
    struct Gone(Vec<Arrival>);

    impl Partitions for Gone {
        type Error = &'static str;

        fn places(&self) -> Vec<(usize, i32)> {
            vec![(0, 0)]
        }

        fn next(&mut self, _: usize) -> Option<Result<Arrival, &'static str>> {
            Some(self.0.pop().ok_or("gone"))
        }
    }

    #[test]
    fn a_partition_that_cannot_be_read_ends_it_before_anything_overtakes() {
        let mut merge = Merge::new(Gone(vec![record(0, 1, 2), record(0, 0, 1)]));
        assert!(matches!(merge.next(), Some(Ok((0, _)))));
        assert!(matches!(merge.next(), Some(Ok((0, _)))));
        assert_eq!(merge.next(), Some(Err("gone")));
        assert_eq!(merge.next(), None);
    }
}
