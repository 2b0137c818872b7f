//! SESSION windows: a group's sessions, each with its states. A record that comes near one or more of them makes them one.

use std::collections::HashMap;
use std::ops::Range;

use streamfn_model::window::{Bounds, Windows};
use streamfn_model::{Changes, Transition};

use super::changelog::Told;
use super::engine::Context;
use super::error::ReplayError;
use super::grouping::{Group, Grouping, Key, NULL_KEY, Place};
use super::meters::Kept;
use super::query::Running;
use super::stream_time::StreamTime;
use super::window::TOO_LATE;

pub struct Sessions {
    windows: Windows,
    gap: i64,
    grouping: Grouping,
    /// By key, in the order of time: no two are as near as the gap.
    sessions: HashMap<Vec<u8>, Vec<Session>>,
    stream_time: StreamTime,
    arrivals: i64,
}

struct Session {
    bounds: Bounds,
    group: Group,
}

impl Sessions {
    /// `grouping` is by the keys alone; the bounds of the session stand behind them in its fields.
    pub fn new(windows: Windows, gap: i64, grouping: Grouping, stream_time: StreamTime) -> Self {
        Sessions { windows, gap, grouping, sessions: HashMap::new(), stream_time, arrivals: 0 }
    }
}

/// Where the sessions stand that a record of that time comes near.
fn near(sessions: &[Session], time: i64, gap: i64) -> Range<usize> {
    let first = sessions.partition_point(|session| session.bounds.end < time.saturating_sub(gap));
    let count = sessions[first..].iter().take_while(|session| session.bounds.is_near(time, gap)).count();
    first..first + count
}

impl Running for Sessions {
    /// As `KStreamSessionWindowAggregate`: the sessions that become one each leave a tombstone with the time of their end, then
    /// comes the one they are.
    fn push(&mut self, changes: Changes, context: &mut Context<'_>) -> Result<Changes, ReplayError> {
        let (keys, inputs) = (self.grouping.keys(&changes)?, self.grouping.inputs(&changes)?);
        let mut told = Told::of(&changes.records);
        for row in 0..changes.len() {
            if keys.has_null(row) {
                context.leave_out(NULL_KEY.to_owned());
                continue;
            }
            let (time, origin) = (changes.times[row], changes.origin(row));
            let stream_time = self.stream_time.observe(origin, time);
            let sessions = self.sessions.entry(keys.bytes(row).to_vec()).or_default();
            let near = near(sessions, time, self.gap);
            let alone = Bounds::at(time);
            let bounds = sessions[near.clone()].iter().fold(alone, |bounds, session| bounds.and(session.bounds));
            if !self.windows.takes(bounds, stream_time) {
                context.leave_out(TOO_LATE.to_owned());
                continue;
            }
            let key = Key { keys: &keys, row, bounds: Some(bounds) };
            let mut group = self.grouping.new_group(context, origin, key)?;
            for session in &mut sessions[near.clone()] {
                self.grouping.merge(&mut group, &mut session.group, key, origin, context)?;
            }
            self.arrivals += 1;
            let place = Place { row, arrival: self.arrivals, retract: false };
            if !self.grouping.change(&mut group, key, [place], &inputs, &changes, context)? {
                // The row was left aside: every session is as it was.
                continue;
            }
            let merged: Vec<Session> = sessions.drain(near.clone()).collect();
            // A session of one instant that only has one more record is the same session.
            let before = match bounds == alone {
                true => merged.into_iter().next().and_then(|session| session.group.result),
                false => {
                    for Session { bounds, group } in merged {
                        told.say_all(Transition { before: group.result, after: None }, bounds.end, changes.places[row]);
                    }
                    None
                }
            };
            let after = self.grouping.result(&mut group, key, origin, context)?;
            group.result = Some(after.clone());
            told.say_all(Transition { before, after: Some(after) }, bounds.end, changes.places[row]);
            sessions.insert(near.start, Session { bounds, group });
        }
        Ok(told.kept(&self.grouping.packing, &self.grouping.fields))
    }

    fn kept(&self) -> Kept {
        let bytes = |(key, sessions): (&Vec<u8>, &Vec<Session>)| {
            key.capacity() + sessions.iter().map(|session| session.group.bytes()).sum::<usize>()
        };
        Kept::of(self.sessions.len(), self.sessions.iter().map(bytes))
    }
}
