//! Root fields: what clients can begin with.

use super::{
    distribute::Draft,
    domain::{Shape, shape},
    draft::Kind,
};

impl Draft<'_> {
    pub(super) fn place_roots(&mut self) {
        let mut serial = 0;
        for sub in 0..self.subs.len() {
            let least = usize::from(sub == 0);
            for _ in 0..self.rng.usize(least..=2) {
                serial += 1;
                self.put_root(sub, "Query", &format!("find{serial}"));
            }
            if self.roll("mutations") {
                for _ in 0..self.rng.usize(1..=2) {
                    serial += 1;
                    self.put_mutation(sub, serial);
                }
            }
            if self.roll("subscriptions") {
                serial += 1;
                self.put_root(sub, "Subscription", &format!("on{serial}"));
            }
        }
        if self.roll("shared") {
            let targets = self.domain.targets();
            let Some(target) = self.choose(&targets) else {
                return;
            };
            let field = shape(&mut self.rng, self.features, "any", &target);
            for _ in 0..2 {
                let sub = self.rng.usize(..self.subs.len());
                self.put_field(sub, "Query", field.clone());
            }
        }
    }

    fn put_root(&mut self, sub: usize, root: &str, name: &str) {
        let mut targets: Vec<_> = self.subs[sub]
            .types
            .iter()
            .filter(|(name, ty)| {
                matches!(ty.kind, Kind::Object | Kind::Interface | Kind::Union)
                    && !matches!(name.as_str(), "Query" | "Mutation" | "Subscription")
            })
            .map(|(name, _)| name.clone())
            .collect();
        targets.extend(self.domain.targets());
        let Some(target) = self.choose(&targets) else {
            return;
        };
        let mut field = shape(&mut self.rng, self.features, name, &target);
        if root == "Query" && self.rng.u8(..3) > 0 {
            field.non_null = vec![false; field.lists + 1];
        }
        self.put_field(sub, root, field);
    }

    fn put_mutation(&mut self, sub: usize, serial: usize) {
        let name = format!("set{serial}");
        if self.rng.bool() {
            self.put_root(sub, "Mutation", &name);
            return;
        }
        let payload = format!("Payload{serial}");
        let targets = self.domain.targets();
        let Some(target) = self.choose(&targets) else {
            return;
        };
        let found = shape(&mut self.rng, self.features, "changed", &target);
        self.put_field(sub, &payload, Shape::plain("ok", "Boolean", false));
        self.put_field(sub, &payload, found);
        if self.subs[sub].types.contains_key("Query") && self.roll("query_in_payload") {
            self.put_field(sub, &payload, Shape::plain("query", "Query", true));
        }
        let field = shape(&mut self.rng, self.features, &name, &payload);
        self.put_field(sub, "Mutation", field);
    }
}
