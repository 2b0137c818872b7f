//! The functions that are tried: all that the contract finds in the standard plugins.

use std::path::Path;
use std::sync::Arc;

use streamfn::contract::{self, Component, Function};
use streamfn::host::{Limits, Program};

use crate::dynamic::Types;
use crate::generator::Sequences;

/// One plugin, made ready for the hosts here.
pub struct Plugin {
    pub bytes: Vec<u8>,
    pub component: Component,
    pub program: Program,
}

/// One function of a plugin.
pub struct Subject {
    pub plugin: Arc<Plugin>,
    pub function: Function,
    pub sequences: Sequences,
    pub types: Types,
}

impl Subject {
    /// The name of its interface, without package and version.
    pub fn name(&self) -> &str {
        let name = self.function.interface.rsplit('/').next().unwrap_or_default();
        name.split('@').next().unwrap_or_default()
    }
}

impl Plugin {
    pub fn read(file: &Path) -> Arc<Plugin> {
        let bytes = std::fs::read(file).unwrap();
        let component = contract::read(&bytes).unwrap();
        assert_eq!(component.refused, []);
        let program = Program::compile(&bytes, &component, Limits::default()).unwrap();
        Arc::new(Plugin { bytes, component, program })
    }

    pub fn subjects(plugin: &Arc<Plugin>) -> Vec<Subject> {
        let subject = |function: &Function| Subject {
            plugin: plugin.clone(),
            function: function.clone(),
            sequences: Sequences::of(&plugin.component, function),
            types: Types::of(&plugin.component, function),
        };
        plugin.component.functions.iter().map(subject).collect()
    }
}
