//! The codes of composition hints.

use std::fmt;

/// What is legal, but odd, as Apollo's composition names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum HintCode {
    /// An argument has `@fromContext` in one subgraph and is an ordinary one in another.
    ContextualArgumentNotContextualInAllSubgraphs,
    /// Something about a composed directive is worth knowing.
    DirectiveCompositionInfo,
    /// Something about a composed directive is odd.
    DirectiveCompositionWarn,
    /// `@override` names a subgraph that is not there.
    FromSubgraphDoesNotExist,
    /// A subgraph's federation version was raised to what it uses.
    ImplicitlyUpgradedFederationVersion,
    /// An optional argument is missing in some subgraph, and so in the supergraph.
    InconsistentArgumentPresence,
    /// An argument's types differ, and merge.
    InconsistentButCompatibleArgumentType,
    /// A field's types differ, and merge.
    InconsistentButCompatibleFieldType,
    /// A default value is not in all subgraphs, and so not in the supergraph.
    InconsistentDefaultValuePresence,
    /// Descriptions differ.
    InconsistentDescription,
    /// A type has a `@key` in some subgraphs only.
    InconsistentEntity,
    /// An input enum's value is not in all subgraphs, and so not in the supergraph.
    InconsistentEnumValueForInputEnum,
    /// An output enum's value is not in all subgraphs.
    InconsistentEnumValueForOutputEnum,
    /// An executable directive's locations differ.
    InconsistentExecutableDirectiveLocations,
    /// An executable directive is not in all subgraphs, and so not in the supergraph.
    InconsistentExecutableDirectivePresence,
    /// An executable directive is repeatable in some subgraphs only.
    InconsistentExecutableDirectiveRepeatable,
    /// An input field is not in all subgraphs, and so not in the supergraph.
    InconsistentInputObjectField,
    /// A field of an interface is not in all its subgraphs.
    InconsistentInterfaceValueTypeField,
    /// A directive that is not repeatable has different arguments in different subgraphs.
    InconsistentNonRepeatableDirectiveArguments,
    /// A field of a type without keys is not in all its subgraphs.
    InconsistentObjectValueTypeField,
    /// The possible types of a shared abstract field differ.
    InconsistentRuntimeTypesForShareableReturn,
    /// A composed directive's locations differ.
    InconsistentTypeSystemDirectiveLocations,
    /// A composed directive is repeatable in some subgraphs only.
    InconsistentTypeSystemDirectiveRepeatable,
    /// A union's member is not in all subgraphs.
    InconsistentUnionMember,
    /// A directive that is not repeatable had different arguments, which were merged.
    MergedNonRepeatableDirectiveArguments,
    /// An executable directive has no location common to the subgraphs.
    NoExecutableDirectiveLocationsIntersection,
    /// A field that another subgraph overrides can be removed.
    OverriddenFieldCanBeRemoved,
    /// `@override` is left over: its source no longer has the field.
    OverrideDirectiveCanBeRemoved,
    /// A progressive `@override` is under way.
    OverrideMigrationInProgress,
    /// An enum is used by nothing.
    UnusedEnumType,
}

impl HintCode {
    /// All of them, in the order of their names.
    pub const ALL: [Self; 30] = [
        Self::ContextualArgumentNotContextualInAllSubgraphs,
        Self::DirectiveCompositionInfo,
        Self::DirectiveCompositionWarn,
        Self::FromSubgraphDoesNotExist,
        Self::ImplicitlyUpgradedFederationVersion,
        Self::InconsistentArgumentPresence,
        Self::InconsistentButCompatibleArgumentType,
        Self::InconsistentButCompatibleFieldType,
        Self::InconsistentDefaultValuePresence,
        Self::InconsistentDescription,
        Self::InconsistentEntity,
        Self::InconsistentEnumValueForInputEnum,
        Self::InconsistentEnumValueForOutputEnum,
        Self::InconsistentExecutableDirectiveLocations,
        Self::InconsistentExecutableDirectivePresence,
        Self::InconsistentExecutableDirectiveRepeatable,
        Self::InconsistentInputObjectField,
        Self::InconsistentInterfaceValueTypeField,
        Self::InconsistentNonRepeatableDirectiveArguments,
        Self::InconsistentObjectValueTypeField,
        Self::InconsistentRuntimeTypesForShareableReturn,
        Self::InconsistentTypeSystemDirectiveLocations,
        Self::InconsistentTypeSystemDirectiveRepeatable,
        Self::InconsistentUnionMember,
        Self::MergedNonRepeatableDirectiveArguments,
        Self::NoExecutableDirectiveLocationsIntersection,
        Self::OverriddenFieldCanBeRemoved,
        Self::OverrideDirectiveCanBeRemoved,
        Self::OverrideMigrationInProgress,
        Self::UnusedEnumType,
    ];

    /// The specification's name of it, in capitals.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ContextualArgumentNotContextualInAllSubgraphs => {
                "CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS"
            }
            Self::DirectiveCompositionInfo => "DIRECTIVE_COMPOSITION_INFO",
            Self::DirectiveCompositionWarn => "DIRECTIVE_COMPOSITION_WARN",
            Self::FromSubgraphDoesNotExist => "FROM_SUBGRAPH_DOES_NOT_EXIST",
            Self::ImplicitlyUpgradedFederationVersion => "IMPLICITLY_UPGRADED_FEDERATION_VERSION",
            Self::InconsistentArgumentPresence => "INCONSISTENT_ARGUMENT_PRESENCE",
            Self::InconsistentButCompatibleArgumentType => {
                "INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE"
            }
            Self::InconsistentButCompatibleFieldType => "INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE",
            Self::InconsistentDefaultValuePresence => "INCONSISTENT_DEFAULT_VALUE_PRESENCE",
            Self::InconsistentDescription => "INCONSISTENT_DESCRIPTION",
            Self::InconsistentEntity => "INCONSISTENT_ENTITY",
            Self::InconsistentEnumValueForInputEnum => "INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM",
            Self::InconsistentEnumValueForOutputEnum => "INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM",
            Self::InconsistentExecutableDirectiveLocations => {
                "INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS"
            }
            Self::InconsistentExecutableDirectivePresence => {
                "INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE"
            }
            Self::InconsistentExecutableDirectiveRepeatable => {
                "INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE"
            }
            Self::InconsistentInputObjectField => "INCONSISTENT_INPUT_OBJECT_FIELD",
            Self::InconsistentInterfaceValueTypeField => "INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD",
            Self::InconsistentNonRepeatableDirectiveArguments => {
                "INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS"
            }
            Self::InconsistentObjectValueTypeField => "INCONSISTENT_OBJECT_VALUE_TYPE_FIELD",
            Self::InconsistentRuntimeTypesForShareableReturn => {
                "INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN"
            }
            Self::InconsistentTypeSystemDirectiveLocations => {
                "INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_LOCATIONS"
            }
            Self::InconsistentTypeSystemDirectiveRepeatable => {
                "INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_REPEATABLE"
            }
            Self::InconsistentUnionMember => "INCONSISTENT_UNION_MEMBER",
            Self::MergedNonRepeatableDirectiveArguments => {
                "MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS"
            }
            Self::NoExecutableDirectiveLocationsIntersection => {
                "NO_EXECUTABLE_DIRECTIVE_INTERSECTION"
            }
            Self::OverriddenFieldCanBeRemoved => "OVERRIDDEN_FIELD_CAN_BE_REMOVED",
            Self::OverrideDirectiveCanBeRemoved => "OVERRIDE_DIRECTIVE_CAN_BE_REMOVED",
            Self::OverrideMigrationInProgress => "OVERRIDE_MIGRATION_IN_PROGRESS",
            Self::UnusedEnumType => "UNUSED_ENUM_TYPE",
        }
    }
}

impl fmt::Display for HintCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
