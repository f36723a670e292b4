//! Subgraphs with a supergraph beside them: the audit's and the library's.
