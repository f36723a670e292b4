//! The codes of composition errors.

use std::fmt;

/// Why subgraphs do not compose, as the federation specification names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ErrorCode {
    /// `@authenticated`, `@requiresScopes` or `@policy` is on an interface, or on an interface object, where it has no meaning.
    AuthRequirementsAppliedOnInterface,
    /// An argument has `@fromContext` in one subgraph and is an ordinary, required one in another.
    ContextualArgumentNotContextualInAllSubgraphs,
    /// The selection of `@fromContext` is malformed, or does not fit a type of the context or the argument's type.
    ContextInvalidSelection,
    /// A context's name is not letters and digits.
    ContextNameInvalid,
    /// `@fromContext` names a context that no type around the field sets.
    ContextNotSet,
    /// A type with a `@fromContext` argument has no resolvable key in that subgraph.
    ContextNoResolvableKey,
    /// `@cost` is on a field of an interface.
    CostAppliedToInterfaceField,
    /// A visible default value uses something that is `@inaccessible`.
    DefaultValueUsesInaccessible,
    /// `@composeDirective` is wrong, or subgraphs disagree about a composed directive.
    DirectiveCompositionError,
    /// The weight of `@cost` is not an integer.
    DirectiveCostInvalidWeight,
    /// A directive of the federation specification is defined otherwise than the specification says.
    DirectiveDefinitionInvalid,
    /// `@inaccessible` is where it may not be: on a built-in or a federation element.
    DisallowedInaccessible,
    /// No value of an enum is common to the subgraphs that use it as input.
    EmptyMergedEnumType,
    /// No field of an input object is common to its subgraphs.
    EmptyMergedInputType,
    /// An enum of inputs and outputs has other values in another subgraph.
    EnumValueMismatch,
    /// A type is extended that no subgraph defines.
    ExtensionWithNoBase,
    /// An argument of an `@external` field has another default value than where the field is resolved.
    ExternalArgumentDefaultMismatch,
    /// An `@external` field lacks an argument that it has where it is resolved.
    ExternalArgumentMissing,
    /// An argument of an `@external` field has another type than where the field is resolved.
    ExternalArgumentTypeMismatch,
    /// `@external` stands beside a directive that only a resolved field can have.
    ExternalCollisionWithAnotherDirective,
    /// Every subgraph with the field says that it is `@external`.
    ExternalMissingOnBase,
    /// `@external` is on a field of an interface.
    ExternalOnInterface,
    /// An `@external` field has another type than where it is resolved.
    ExternalTypeMismatch,
    /// An `@external` field is used by no key, `@requires`, `@provides` or interface.
    ExternalUnused,
    /// An argument has different default values in different subgraphs.
    FieldArgumentDefaultMismatch,
    /// An argument has types in different subgraphs that cannot be merged.
    FieldArgumentTypeMismatch,
    /// A field has types in different subgraphs that cannot be merged.
    FieldTypeMismatch,
    /// An `@inaccessible` field is demanded by a visible interface.
    ImplementedByInaccessible,
    /// An input object's field has different default values in different subgraphs.
    InputFieldDefaultMismatch,
    /// After merging, a type lacks a field of an interface that it implements.
    InterfaceFieldNoImplem,
    /// A subgraph with a `@key` on an interface does not define all its implementations.
    InterfaceKeyMissingImplementationType,
    /// A `@key` of an interface is not on an implementation.
    InterfaceKeyNotOnImplementation,
    /// `@interfaceObject` is used wrongly.
    InterfaceObjectUsageError,
    /// A field is resolved by several subgraphs, and not all say `@shareable`.
    InvalidFieldSharing,
    /// The SDL is not a valid GraphQL schema.
    InvalidGraphql,
    /// `@link` is used wrongly.
    InvalidLinkDirectiveUsage,
    /// The `url` of `@link` is malformed.
    InvalidLinkIdentifier,
    /// `@shareable` is where nothing can be shared: on a field of an interface.
    InvalidShareableUsage,
    /// A subgraph has a reserved name, or one that another has, or none.
    InvalidSubgraphName,
    /// The `fields` of a `@key` have a directive.
    KeyDirectiveInFieldsArg,
    /// The `fields` of a `@key` have a field with arguments.
    KeyFieldsHasArgs,
    /// The `fields` of a `@key` have a list, an interface or a union.
    KeyFieldsSelectInvalidType,
    /// The `fields` of a `@key` are malformed, or name what is not there.
    KeyInvalidFields,
    /// The `fields` of a `@key` are not a string.
    KeyInvalidFieldsType,
    /// A `@key` is on an interface in a version that does not allow it.
    KeyUnsupportedOnInterface,
    /// Subgraphs import one composed directive under different names.
    LinkImportNameMismatch,
    /// `@listSize` is on a field without a list.
    ListSizeAppliedToNonList,
    /// The `assumedSize` of `@listSize` is negative.
    ListSizeInvalidAssumedSize,
    /// The `requireOneSlicingArgument` of `@listSize` does not fit.
    ListSizeInvalidRequireOneSlicingArgument,
    /// A sized field of `@listSize` is no list, or is not there.
    ListSizeInvalidSizedField,
    /// A slicing argument of `@listSize` is no integer, or is not there.
    ListSizeInvalidSlicingArgument,
    /// Satisfiability is not decided within its bounds.
    MaxValidationSubgraphPathsExceeded,
    /// A directive that is merged, `@tag` say, is on an `@external` field.
    MergedDirectiveApplicationOnExternal,
    /// A field that requires protected fields does not have their protection.
    MissingTransitiveAuthRequirements,
    /// The `field` of `@fromContext` names no context.
    NoContextInSelection,
    /// No subgraph has a query.
    NoQueries,
    /// A visible type has nothing visible in it.
    OnlyInaccessibleChildren,
    /// `@override` stands beside a directive that it excludes.
    OverrideCollisionWithAnotherDirective,
    /// `@override` names its own subgraph.
    OverrideFromSelfError,
    /// The label of `@override` is malformed.
    OverrideLabelInvalid,
    /// `@override` is on a field of an interface.
    OverrideOnInterface,
    /// A field is overridden from a subgraph that overrides it, too.
    OverrideSourceHasOverride,
    /// The `fields` of a `@provides` have a directive.
    ProvidesDirectiveInFieldsArg,
    /// The `fields` of a `@provides` have a field with arguments.
    ProvidesFieldsHasArgs,
    /// The `fields` of a `@provides` have a field that is not `@external`.
    ProvidesFieldsMissingExternal,
    /// The `fields` of a `@provides` are malformed, or name what is not there.
    ProvidesInvalidFields,
    /// The `fields` of a `@provides` are not a string.
    ProvidesInvalidFieldsType,
    /// `@provides` is on a field without a composite type.
    ProvidesOnNonObjectField,
    /// `@provides` is on a field of an interface.
    ProvidesUnsupportedOnInterface,
    /// The query root is `@inaccessible`.
    QueryRootTypeInaccessible,
    /// Something visible refers to something `@inaccessible`.
    ReferencedInaccessible,
    /// An argument that one subgraph requires is missing in another.
    RequiredArgumentMissingInSomeSubgraph,
    /// A required argument or input field is `@inaccessible`.
    RequiredInaccessible,
    /// An input field that one subgraph requires is missing in another.
    RequiredInputFieldMissingInSomeSubgraph,
    /// The `fields` of a `@requires` have a directive.
    RequiresDirectiveInFieldsArg,
    /// The `fields` of a `@requires` have a field that is not `@external`.
    RequiresFieldsMissingExternal,
    /// The `fields` of a `@requires` are malformed, or name what is not there.
    RequiresInvalidFields,
    /// The `fields` of a `@requires` are not a string.
    RequiresInvalidFieldsType,
    /// `@requires` is on a field of an interface.
    RequiresUnsupportedOnInterface,
    /// A type is named Mutation, but is not the mutation root.
    RootMutationUsed,
    /// A type is named Query, but is not the query root.
    RootQueryUsed,
    /// A type is named Subscription, but is not the subscription root.
    RootSubscriptionUsed,
    /// A query that the supergraph allows cannot be answered by its subgraphs.
    SatisfiabilityError,
    /// The possible types of a shared abstract field have none in common.
    ShareableHasMismatchedRuntimeTypes,
    /// A type of the federation specification is defined otherwise than the specification says.
    TypeDefinitionInvalid,
    /// A type has another kind in another subgraph.
    TypeKindMismatch,
    /// A type has nothing but unused `@external` fields.
    TypeWithOnlyUnusedExternal,
    /// The version of the federation specification is unknown.
    UnknownFederationLinkVersion,
    /// The version of a linked specification is unknown.
    UnknownLinkVersion,
    /// A feature is used that is not composed.
    UnsupportedFeature,
    /// A linked feature is marked as necessary, and unknown.
    UnsupportedLinkedFeature,
}

impl ErrorCode {
    /// All of them, in the order of their names.
    pub const ALL: [Self; 91] = [
        Self::AuthRequirementsAppliedOnInterface,
        Self::ContextualArgumentNotContextualInAllSubgraphs,
        Self::ContextInvalidSelection,
        Self::ContextNameInvalid,
        Self::ContextNotSet,
        Self::ContextNoResolvableKey,
        Self::CostAppliedToInterfaceField,
        Self::DefaultValueUsesInaccessible,
        Self::DirectiveCompositionError,
        Self::DirectiveCostInvalidWeight,
        Self::DirectiveDefinitionInvalid,
        Self::DisallowedInaccessible,
        Self::EmptyMergedEnumType,
        Self::EmptyMergedInputType,
        Self::EnumValueMismatch,
        Self::ExtensionWithNoBase,
        Self::ExternalArgumentDefaultMismatch,
        Self::ExternalArgumentMissing,
        Self::ExternalArgumentTypeMismatch,
        Self::ExternalCollisionWithAnotherDirective,
        Self::ExternalMissingOnBase,
        Self::ExternalOnInterface,
        Self::ExternalTypeMismatch,
        Self::ExternalUnused,
        Self::FieldArgumentDefaultMismatch,
        Self::FieldArgumentTypeMismatch,
        Self::FieldTypeMismatch,
        Self::ImplementedByInaccessible,
        Self::InputFieldDefaultMismatch,
        Self::InterfaceFieldNoImplem,
        Self::InterfaceKeyMissingImplementationType,
        Self::InterfaceKeyNotOnImplementation,
        Self::InterfaceObjectUsageError,
        Self::InvalidFieldSharing,
        Self::InvalidGraphql,
        Self::InvalidLinkDirectiveUsage,
        Self::InvalidLinkIdentifier,
        Self::InvalidShareableUsage,
        Self::InvalidSubgraphName,
        Self::KeyDirectiveInFieldsArg,
        Self::KeyFieldsHasArgs,
        Self::KeyFieldsSelectInvalidType,
        Self::KeyInvalidFields,
        Self::KeyInvalidFieldsType,
        Self::KeyUnsupportedOnInterface,
        Self::LinkImportNameMismatch,
        Self::ListSizeAppliedToNonList,
        Self::ListSizeInvalidAssumedSize,
        Self::ListSizeInvalidRequireOneSlicingArgument,
        Self::ListSizeInvalidSizedField,
        Self::ListSizeInvalidSlicingArgument,
        Self::MaxValidationSubgraphPathsExceeded,
        Self::MergedDirectiveApplicationOnExternal,
        Self::MissingTransitiveAuthRequirements,
        Self::NoContextInSelection,
        Self::NoQueries,
        Self::OnlyInaccessibleChildren,
        Self::OverrideCollisionWithAnotherDirective,
        Self::OverrideFromSelfError,
        Self::OverrideLabelInvalid,
        Self::OverrideOnInterface,
        Self::OverrideSourceHasOverride,
        Self::ProvidesDirectiveInFieldsArg,
        Self::ProvidesFieldsHasArgs,
        Self::ProvidesFieldsMissingExternal,
        Self::ProvidesInvalidFields,
        Self::ProvidesInvalidFieldsType,
        Self::ProvidesOnNonObjectField,
        Self::ProvidesUnsupportedOnInterface,
        Self::QueryRootTypeInaccessible,
        Self::ReferencedInaccessible,
        Self::RequiredArgumentMissingInSomeSubgraph,
        Self::RequiredInaccessible,
        Self::RequiredInputFieldMissingInSomeSubgraph,
        Self::RequiresDirectiveInFieldsArg,
        Self::RequiresFieldsMissingExternal,
        Self::RequiresInvalidFields,
        Self::RequiresInvalidFieldsType,
        Self::RequiresUnsupportedOnInterface,
        Self::RootMutationUsed,
        Self::RootQueryUsed,
        Self::RootSubscriptionUsed,
        Self::SatisfiabilityError,
        Self::ShareableHasMismatchedRuntimeTypes,
        Self::TypeDefinitionInvalid,
        Self::TypeKindMismatch,
        Self::TypeWithOnlyUnusedExternal,
        Self::UnknownFederationLinkVersion,
        Self::UnknownLinkVersion,
        Self::UnsupportedFeature,
        Self::UnsupportedLinkedFeature,
    ];

    /// The specification's name of it, in capitals.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthRequirementsAppliedOnInterface => "AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE",
            Self::ContextualArgumentNotContextualInAllSubgraphs => {
                "CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS"
            }
            Self::ContextInvalidSelection => "CONTEXT_INVALID_SELECTION",
            Self::ContextNameInvalid => "CONTEXT_NAME_INVALID",
            Self::ContextNotSet => "CONTEXT_NOT_SET",
            Self::ContextNoResolvableKey => "CONTEXT_NO_RESOLVABLE_KEY",
            Self::CostAppliedToInterfaceField => "COST_APPLIED_TO_INTERFACE_FIELD",
            Self::DefaultValueUsesInaccessible => "DEFAULT_VALUE_USES_INACCESSIBLE",
            Self::DirectiveCompositionError => "DIRECTIVE_COMPOSITION_ERROR",
            Self::DirectiveCostInvalidWeight => "DIRECTIVE_COST_INVALID_WEIGHT",
            Self::DirectiveDefinitionInvalid => "DIRECTIVE_DEFINITION_INVALID",
            Self::DisallowedInaccessible => "DISALLOWED_INACCESSIBLE",
            Self::EmptyMergedEnumType => "EMPTY_MERGED_ENUM_TYPE",
            Self::EmptyMergedInputType => "EMPTY_MERGED_INPUT_TYPE",
            Self::EnumValueMismatch => "ENUM_VALUE_MISMATCH",
            Self::ExtensionWithNoBase => "EXTENSION_WITH_NO_BASE",
            Self::ExternalArgumentDefaultMismatch => "EXTERNAL_ARGUMENT_DEFAULT_MISMATCH",
            Self::ExternalArgumentMissing => "EXTERNAL_ARGUMENT_MISSING",
            Self::ExternalArgumentTypeMismatch => "EXTERNAL_ARGUMENT_TYPE_MISMATCH",
            Self::ExternalCollisionWithAnotherDirective => {
                "EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE"
            }
            Self::ExternalMissingOnBase => "EXTERNAL_MISSING_ON_BASE",
            Self::ExternalOnInterface => "EXTERNAL_ON_INTERFACE",
            Self::ExternalTypeMismatch => "EXTERNAL_TYPE_MISMATCH",
            Self::ExternalUnused => "EXTERNAL_UNUSED",
            Self::FieldArgumentDefaultMismatch => "FIELD_ARGUMENT_DEFAULT_MISMATCH",
            Self::FieldArgumentTypeMismatch => "FIELD_ARGUMENT_TYPE_MISMATCH",
            Self::FieldTypeMismatch => "FIELD_TYPE_MISMATCH",
            Self::ImplementedByInaccessible => "IMPLEMENTED_BY_INACCESSIBLE",
            Self::InputFieldDefaultMismatch => "INPUT_FIELD_DEFAULT_MISMATCH",
            Self::InterfaceFieldNoImplem => "INTERFACE_FIELD_NO_IMPLEM",
            Self::InterfaceKeyMissingImplementationType => {
                "INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE"
            }
            Self::InterfaceKeyNotOnImplementation => "INTERFACE_KEY_NOT_ON_IMPLEMENTATION",
            Self::InterfaceObjectUsageError => "INTERFACE_OBJECT_USAGE_ERROR",
            Self::InvalidFieldSharing => "INVALID_FIELD_SHARING",
            Self::InvalidGraphql => "INVALID_GRAPHQL",
            Self::InvalidLinkDirectiveUsage => "INVALID_LINK_DIRECTIVE_USAGE",
            Self::InvalidLinkIdentifier => "INVALID_LINK_IDENTIFIER",
            Self::InvalidShareableUsage => "INVALID_SHAREABLE_USAGE",
            Self::InvalidSubgraphName => "INVALID_SUBGRAPH_NAME",
            Self::KeyDirectiveInFieldsArg => "KEY_DIRECTIVE_IN_FIELDS_ARG",
            Self::KeyFieldsHasArgs => "KEY_FIELDS_HAS_ARGS",
            Self::KeyFieldsSelectInvalidType => "KEY_FIELDS_SELECT_INVALID_TYPE",
            Self::KeyInvalidFields => "KEY_INVALID_FIELDS",
            Self::KeyInvalidFieldsType => "KEY_INVALID_FIELDS_TYPE",
            Self::KeyUnsupportedOnInterface => "KEY_UNSUPPORTED_ON_INTERFACE",
            Self::LinkImportNameMismatch => "LINK_IMPORT_NAME_MISMATCH",
            Self::ListSizeAppliedToNonList => "LIST_SIZE_APPLIED_TO_NON_LIST",
            Self::ListSizeInvalidAssumedSize => "LIST_SIZE_INVALID_ASSUMED_SIZE",
            Self::ListSizeInvalidRequireOneSlicingArgument => {
                "LIST_SIZE_INVALID_REQUIRE_ONE_SLICING_ARGUMENT"
            }
            Self::ListSizeInvalidSizedField => "LIST_SIZE_INVALID_SIZED_FIELD",
            Self::ListSizeInvalidSlicingArgument => "LIST_SIZE_INVALID_SLICING_ARGUMENT",
            Self::MaxValidationSubgraphPathsExceeded => "MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED",
            Self::MergedDirectiveApplicationOnExternal => {
                "MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL"
            }
            Self::MissingTransitiveAuthRequirements => "MISSING_TRANSITIVE_AUTH_REQUIREMENTS",
            Self::NoContextInSelection => "NO_CONTEXT_IN_SELECTION",
            Self::NoQueries => "NO_QUERIES",
            Self::OnlyInaccessibleChildren => "ONLY_INACCESSIBLE_CHILDREN",
            Self::OverrideCollisionWithAnotherDirective => {
                "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE"
            }
            Self::OverrideFromSelfError => "OVERRIDE_FROM_SELF_ERROR",
            Self::OverrideLabelInvalid => "OVERRIDE_LABEL_INVALID",
            Self::OverrideOnInterface => "OVERRIDE_ON_INTERFACE",
            Self::OverrideSourceHasOverride => "OVERRIDE_SOURCE_HAS_OVERRIDE",
            Self::ProvidesDirectiveInFieldsArg => "PROVIDES_DIRECTIVE_IN_FIELDS_ARG",
            Self::ProvidesFieldsHasArgs => "PROVIDES_FIELDS_HAS_ARGS",
            Self::ProvidesFieldsMissingExternal => "PROVIDES_FIELDS_MISSING_EXTERNAL",
            Self::ProvidesInvalidFields => "PROVIDES_INVALID_FIELDS",
            Self::ProvidesInvalidFieldsType => "PROVIDES_INVALID_FIELDS_TYPE",
            Self::ProvidesOnNonObjectField => "PROVIDES_ON_NON_OBJECT_FIELD",
            Self::ProvidesUnsupportedOnInterface => "PROVIDES_UNSUPPORTED_ON_INTERFACE",
            Self::QueryRootTypeInaccessible => "QUERY_ROOT_TYPE_INACCESSIBLE",
            Self::ReferencedInaccessible => "REFERENCED_INACCESSIBLE",
            Self::RequiredArgumentMissingInSomeSubgraph => {
                "REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH"
            }
            Self::RequiredInaccessible => "REQUIRED_INACCESSIBLE",
            Self::RequiredInputFieldMissingInSomeSubgraph => {
                "REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH"
            }
            Self::RequiresDirectiveInFieldsArg => "REQUIRES_DIRECTIVE_IN_FIELDS_ARG",
            Self::RequiresFieldsMissingExternal => "REQUIRES_FIELDS_MISSING_EXTERNAL",
            Self::RequiresInvalidFields => "REQUIRES_INVALID_FIELDS",
            Self::RequiresInvalidFieldsType => "REQUIRES_INVALID_FIELDS_TYPE",
            Self::RequiresUnsupportedOnInterface => "REQUIRES_UNSUPPORTED_ON_INTERFACE",
            Self::RootMutationUsed => "ROOT_MUTATION_USED",
            Self::RootQueryUsed => "ROOT_QUERY_USED",
            Self::RootSubscriptionUsed => "ROOT_SUBSCRIPTION_USED",
            Self::SatisfiabilityError => "SATISFIABILITY_ERROR",
            Self::ShareableHasMismatchedRuntimeTypes => "SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES",
            Self::TypeDefinitionInvalid => "TYPE_DEFINITION_INVALID",
            Self::TypeKindMismatch => "TYPE_KIND_MISMATCH",
            Self::TypeWithOnlyUnusedExternal => "TYPE_WITH_ONLY_UNUSED_EXTERNAL",
            Self::UnknownFederationLinkVersion => "UNKNOWN_FEDERATION_LINK_VERSION",
            Self::UnknownLinkVersion => "UNKNOWN_LINK_VERSION",
            Self::UnsupportedFeature => "UNSUPPORTED_FEATURE",
            Self::UnsupportedLinkedFeature => "UNSUPPORTED_LINKED_FEATURE",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
