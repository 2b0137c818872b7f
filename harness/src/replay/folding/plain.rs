//! A plain aggregate's steps: one loop, over the states of the groups.

use streamfn_model::Value;

use super::{Given, Groups, Loop, Loops, States, Steps};
use crate::host::{CallError, Room, Rows};
use crate::replay::accumulator::Failure;
use crate::replay::engine::Context;

pub(super) struct Plain<'a> {
    looped: &'a Loop,
    /// Where its states are in the groups' bytes.
    at: usize,
    given: Given,
    /// The state of a group that has no rows yet.
    new: Vec<u8>,
    before: Vec<u8>,
    states: Vec<u8>,
    values: Vec<u8>,
    /// Those of all these; so many of them are those of before.
    texts: Vec<u8>,
    texts_before: usize,
}

impl<'a> Plain<'a> {
    pub(super) fn new(
        looped: &'a Loop,
        at: usize,
        given: Given,
        steps: &Steps,
        loops: &Loops,
        groups: &Groups,
    ) -> Plain<'a> {
        let mut texts = vec![];
        let mut take = |bytes: &[u8], states: &mut Vec<u8>| {
            let start = states.len();
            states.extend_from_slice(&bytes[at..at + looped.sizes.state]);
            looped.gather_texts(&mut states[start..], &bytes[loops.size..], &mut texts);
        };
        let (mut new, mut before) = (vec![], Vec::with_capacity(looped.sizes.state * steps.touched.len()));
        take(&loops.new, &mut new);
        for group in &steps.touched {
            if let States::Flat { bytes, .. } = &groups[*group].states {
                take(bytes, &mut before);
            }
        }
        let texts_before = texts.len();
        Plain { looped, at, given, new, states: before.clone(), before, values: vec![], texts, texts_before }
    }

    /// Runs this many steps, and says how many were taken.
    pub(super) fn run(&mut self, count: usize, steps: &Steps, context: &Context<'_>) -> Result<usize, CallError> {
        self.states.copy_from_slice(&self.before);
        self.texts.truncate(self.texts_before);
        self.values.resize(count * self.looped.sizes.value, 0);
        let arguments = self.given.first(count);
        let rows = Rows { kinds: &self.given.kinds[..count], groups: &steps.groups[..count], arguments: &arguments };
        let Plain { new, states, values, texts, .. } = self;
        context.instances.fold(self.looped, &rows, Room { new, states, values, texts })
    }

    /// The group's value after a step.
    pub(super) fn value(&self, step: usize) -> Result<Value, Failure<'_>> {
        let bytes = &self.values[step * self.looped.sizes.value..];
        self.looped.value(bytes, &self.texts).map_err(|error| self.looped.failed(error))
    }

    /// That value if it is a number, as its column has it.
    pub(super) fn number(&self, step: usize) -> Option<&[u8]> {
        self.looped.number?.of(&self.values[step * self.looped.sizes.value..])
    }

    /// Puts a group's state where it is in the bytes of all of them, and its texts at the end of others.
    pub(super) fn settle(&self, group: usize, bytes: &mut [u8], texts: &mut Vec<u8>) {
        let size = self.looped.sizes.state;
        let own = &mut bytes[self.at..self.at + size];
        own.copy_from_slice(&self.states[group * size..][..size]);
        self.looped.gather_texts(own, &self.texts, texts);
    }
}
