//! What generated schemas and operations may hold, and how often.

use std::collections::BTreeMap;

use fastrand::Rng;

/// Each feature, and its chance wherever it is possible.
const DEFAULTS: &[(&str, f64)] = &[
    // Schemas.
    ("more_keys", 0.35),
    ("no_main_key", 0.25),
    ("stub", 0.3),
    ("fed1", 0.07),
    ("shared", 0.2),
    ("arguments", 0.3),
    ("lists", 0.3),
    ("non_null", 0.3),
    ("values", 0.6),
    ("enums", 0.3),
    ("enum_differs", 0.3),
    ("scalars", 0.1),
    ("interfaces", 0.35),
    ("unions", 0.3),
    ("requires", 0.4),
    ("requires_behind_a_stub", 0.1),
    ("requires_nested", 0.5),
    ("requires_arguments", 0.6),
    ("requires_more", 0.35),
    ("provides", 0.25),
    ("override", 0.12),
    ("override_label", 0.3),
    ("inaccessible", 0.08),
    ("interface_object", 0.25),
    ("context", 0.08),
    ("nullability_differs", 0.05),
    ("mutations", 0.4),
    ("query_in_payload", 0.15),
    ("subscriptions", 0.15),
    ("inputs", 0.15),
    ("input_differs", 0.3),
    // What matters to composition alone.
    ("versions", 0.0),
    ("descriptions", 0.0),
    ("deprecated", 0.0),
    ("tags", 0.0),
    ("hidden", 0.0),
    ("costs", 0.0),
    ("access", 0.0),
    ("input_defaults_differ", 0.0),
    // Operations.
    ("mutate", 0.25),
    ("subscribe", 0.15),
    ("alias", 0.15),
    ("inline", 0.15),
    ("named", 0.12),
    ("typename", 0.15),
    ("conditions", 0.08),
    ("variables", 0.4),
    ("twice", 0.1),
    ("defer", 0.04),
];

/// The chance of each feature.
#[derive(Debug, Clone)]
pub struct Features(BTreeMap<&'static str, f64>);

impl Default for Features {
    fn default() -> Self {
        Self(DEFAULTS.iter().copied().collect())
    }
}

impl Features {
    /// The defaults with changes: `requires=1,provides=0`; `all=0` sets every one, so `all=0,requires=1` tries one alone.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut features = Self::default();
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let (name, chance) = part
                .split_once('=')
                .ok_or_else(|| format!("{part} is not name=chance"))?;
            let chance: f64 = chance.parse().map_err(|_| format!("{part}: no number"))?;
            if name == "all" {
                features.0.values_mut().for_each(|one| *one = chance);
            } else {
                let known = features.0.get_mut(name);
                *known.ok_or_else(|| format!("{name} is no feature"))? = chance;
            }
        }
        Ok(features)
    }

    /// With what matters to composition alone.
    pub fn for_composition() -> Self {
        let mut features = Self::default();
        features.0.extend([
            ("versions", 1.0),
            ("descriptions", 0.15),
            ("deprecated", 0.05),
            ("tags", 0.08),
            ("hidden", 0.02),
            ("costs", 0.03),
            ("access", 0.02),
            ("inputs", 0.5),
            ("input_differs", 0.2),
            ("input_defaults_differ", 1.0),
        ]);
        features
    }

    /// Whether a feature is used at all.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|chance| *chance > 0.0)
    }

    /// Decides whether a feature is used here.
    pub(super) fn roll(&self, rng: &mut Rng, name: &str) -> bool {
        let Some(chance) = self.0.get(name) else {
            panic!("{name} is no feature");
        };
        rng.f64() < *chance
    }
}
