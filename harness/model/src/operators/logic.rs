//! AND and OR: three-valued logic in Flink, Java's in ksqlDB.

use crate::Dialect;

/// AND and OR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Logic {
    And,
    Or,
}

impl Logic {
    /// Whether the right side is evaluated at all: neither engine does where the left side decides. In ksqlDB a left side
    /// that is null is a Java exception, and ends the expression.
    pub fn asks_right(self, dialect: Dialect, left: Option<bool>) -> bool {
        match left {
            None => dialect == Dialect::Flink,
            Some(left) => left == (self == Logic::And),
        }
    }

    /// The answer: three-valued logic in Flink, Java's in ksqlDB, where no answer is an exception. `right` counts only where
    /// it is asked for.
    pub fn answer(self, dialect: Dialect, left: Option<bool>, right: Option<bool>) -> Option<bool> {
        if !self.asks_right(dialect, left) {
            return left;
        }
        let decides = self == Logic::Or;
        match (left, right) {
            (None, Some(right)) if right == decides => Some(right),
            (None, _) => None,
            (Some(_), right) => right,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Dialect::*;

    #[test]
    fn and_and_or_are_three_valued_in_flink_and_javas_in_ksqldb() {
        use Logic::*;
        let answers = |logic: Logic, dialect| {
            let all = [Some(false), Some(true), None];
            all.map(|left| all.map(|right| logic.answer(dialect, left, right)))
        };
        let (f, t, n) = (Some(false), Some(true), None);
        assert_eq!(answers(And, Flink), [[f, f, f], [f, t, n], [f, n, n]]);
        assert_eq!(answers(Or, Flink), [[f, t, n], [t, t, t], [n, t, n]]);
        assert_eq!(answers(And, Ksqldb), [[f, f, f], [f, t, n], [n, n, n]]);
        assert_eq!(answers(Or, Ksqldb), [[f, t, n], [t, t, t], [n, n, n]]);
    }
}
