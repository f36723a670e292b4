//! The root fields: ways to every entity, interface and union at home in a subgraph, and changes to them.

use crate::{
    definition::{Definition, Kind},
    model::Model,
};

/// The root types.
pub(crate) fn make(model: &mut Model) -> Vec<Definition> {
    let root = |name: &str| Definition::new(Kind::Object, name.to_owned());
    let (mut query, mut mutation, mut subscription) =
        (root("Query"), root("Mutation"), root("Subscription"));
    for subgraph in 0..model.subgraphs {
        query.put(subgraph);
    }
    for (number, entity) in model.entities.iter().enumerate() {
        let (home, name) = (entity.home, &entity.definition.name);
        let mut sides = vec![home];
        // Some can be looked up in two subgraphs.
        let extended = entity.extended_by.first();
        sides.extend(extended.filter(|_| number % 6 == 3));
        for side in sides {
            let field = query.field(&format!("entity{number}"), name, side);
            "(id: ID!)".clone_into(&mut field.arguments);
        }
        if number % 2 == 0 {
            let many = format!("[{name}!]!");
            let field = query.field(&format!("entities{number}"), &many, home);
            "(first: Int = 10)".clone_into(&mut field.arguments);
            if let Some(input) = model.inputs.get(home) {
                field.arguments = format!("(first: Int = 10, filter: {})", input.name);
            }
        }
        if number % 5 == 0 {
            mutation.put(home);
            let field = mutation.field(&format!("change{number}"), name, home);
            "(id: ID!, name: String)".clone_into(&mut field.arguments);
        }
        if number % 20 == 0 {
            subscription.put(home);
            subscription.field(&format!("changed{number}"), name, home);
        }
    }
    for (number, interface) in model.interfaces.iter().enumerate() {
        let many = format!("[{}!]!", interface.definition.name);
        query.field(&format!("interface{number}"), &many, interface.home);
        if let Some((_, other)) = interface.added {
            query.field(&format!("ranked{number}"), &many, other);
        }
    }
    for union in &model.unions {
        let (many, home) = (format!("[{}]", union.definition.name), union.home);
        let name = union.definition.name.to_lowercase();
        let field = query.field(&name, &many, home);
        "(text: String!)".clone_into(&mut field.arguments);
    }
    vec![query, mutation, subscription]
}
